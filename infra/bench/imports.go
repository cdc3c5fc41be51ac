package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/occ/contacts/infra/local/stack"
)

const (
	importRows   = 10_000
	importRounds = 3
	importLeast  = 0.60 // of the floor
)

// imports measures contacts a second from the upload of a file to "completed", beside the floor on the same endpoint. Import and
// floor take turns; the medians are compared.
func (b *bench) imports(ctx context.Context) error {
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(b.local.DynamoDBURL),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	if _, err := importOnce(ctx, b.local, "warmup", 500); err != nil {
		return err
	}
	var took, floors []time.Duration
	for round := range importRounds {
		duration, err := importOnce(ctx, b.local, fmt.Sprintf("bench%d", round), importRows)
		if err != nil {
			return err
		}
		rate, workers, err := floorRate(ctx, client, "contacts-contacts", importRows)
		if err != nil {
			return err
		}
		took = append(took, duration)
		floors = append(floors, time.Duration(float64(time.Second)*importRows/rate))
		fmt.Printf("  round %d: import %.0f contacts/s, floor %.0f contacts/s with %d workers\n", round+1, importRows/duration.Seconds(), rate, workers)
	}
	fmt.Printf("import of %d rows, S3 event to completed: %.0f contacts/s, %s\n", importRows, importRows/median(took).Seconds(),
		b.atLeast("import", median(floors).Seconds()/median(took).Seconds(), importLeast))
	return nil
}

// importOnce drops a file of distinct people and waits for its import to complete.
func importOnce(ctx context.Context, local *stack.Stack, workspace string, rows int) (time.Duration, error) {
	var file bytes.Buffer
	file.WriteString("name,email,phone\n")
	for row := range rows {
		fmt.Fprintf(&file, "Person%d Tester,person%d@example.com,+2010%08d\n", row, row, row)
	}
	return importFile(ctx, local, workspace, file.Bytes(), rows)
}

func importFile(ctx context.Context, local *stack.Stack, workspace string, file []byte, rows int) (time.Duration, error) {
	token, err := local.Token(ctx, workspace, "admin", "")
	if err != nil {
		return 0, err
	}
	uploads := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(local.EmulatorURL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	began := time.Now()
	_, err = uploads.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(local.Outputs["UploadsBucket"]), Key: aws.String(workspace + "/drop/people.csv"), Body: bytes.NewReader(file),
	})
	if err != nil {
		return 0, err
	}
	for {
		job, err := latestImport(ctx, local.APIURL, token)
		if err != nil {
			return 0, err
		}
		switch {
		case job.Status == "completed" && job.Totals.Created == rows:
			return time.Since(began), nil
		case job.Status == "completed" || job.Status == "failed":
			return 0, fmt.Errorf("import of %d rows ended as %+v", rows, job)
		case time.Since(began) > 5*time.Minute:
			return 0, fmt.Errorf("import of %d rows stands at %+v after 5 minutes", rows, job)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

type importState struct {
	Status    string
	StartedAt time.Time
	Totals    struct{ Rows, Processed, Created, Failed int }
	Error     any
}

// latestImport reads the newest import of the token's workspace; the zero state while there is none.
func latestImport(ctx context.Context, api, token string) (importState, error) {
	var page struct{ Items []importState }
	err := call(ctx, http.MethodGet, api+"/v1/imports?limit=1", token, nil, &page)
	if err != nil || len(page.Items) == 0 {
		return importState{}, err
	}
	return page.Items[0], nil
}

// call asks the API; body, unless nil, is sent as JSON, and the answer read into one.
func call(ctx context.Context, method, url, token string, body, into any) error {
	var text bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, url, &text)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // read whole below
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s", method, url, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
