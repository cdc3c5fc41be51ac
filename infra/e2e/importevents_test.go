package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// bucketClient reaches the buckets as an admin does.
func bucketClient() *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(local.EmulatorURL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// put lays an object into the uploads bucket, whatever its key, and returns its version.
func put(t *testing.T, key string, body []byte) (version string) {
	t.Helper()
	done, err := bucketClient().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(local.Outputs["UploadsBucket"]), Key: aws.String(key), Body: bytes.NewReader(body),
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(done.VersionId)
}

// invoke calls a function directly and waits for its answer, as S3 does when it repeats an event.
func invoke(t *testing.T, function, event string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, local.EmulatorURL+"/2015-03-31/functions/"+function+"/invocations", bytes.NewReader([]byte(event)))
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256([]byte(event))
	key := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, request, hex.EncodeToString(hash[:]), "lambda", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	answered := send(t, request).is(http.StatusOK)
	if fault := answered.header.Get("X-Amz-Function-Error"); fault != "" {
		t.Errorf("%s failed: %s %s", function, fault, answered.body)
	}
}

// created is the event that S3 sends for a new object.
func created(key, version string) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventName":"ObjectCreated:Put",
		"s3":{"bucket":{"name":%q},"object":{"key":%q,"versionId":%q,"sequencer":"0055AED6DCD90281E5"}}}]}`, local.Outputs["UploadsBucket"], url.QueryEscape(key), version)
}

// reportOf follows the link of an import's report and returns its rows, without the header.
func reportOf(c caller, id string) [][]string {
	c.t.Helper()
	link := c.call(http.MethodGet, "/v1/imports/"+id+"/report?format=csv", nil).is(http.StatusSeeOther).header.Get("Location")
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, link, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(send(c.t, request).is(http.StatusOK).body, []byte("\ufeff")))).ReadAll()
	if err != nil {
		c.t.Fatal(err)
	}
	return rows[1:]
}

// S3 may send an event twice, at once or days later: one object version stays one import, and no row counts twice.
func TestTheSameEventTwice(t *testing.T) {
	const function = "contacts-import-parse"
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	key := workspace + "/drop/people é.csv"
	event := created(key, put(t, key, people(500)))
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { invoke(t, function, event) })
	}
	both.Wait()
	want := map[string]int{"rows": 500, "processed": 500, "created": 500}
	first := dropped(admin)
	counts(t, first, want)
	invoke(t, function, event)
	if jobs := admin.walk("/v1/imports"); len(jobs) != 1 {
		t.Fatalf("%d imports", len(jobs))
	}
	again := finished(admin, first["id"].(string))
	counts(t, again, want)
	if !maps.EqualFunc(first, again, func(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
		t.Errorf("%v became %v", first, again)
	}
	eventually(t, "all are listed", func() bool { return len(admin.walk("/v1/contacts?limit=100")) == 500 })
	for _, one := range admin.walk("/v1/contacts?limit=100") {
		if one["version"] != 1.0 {
			t.Fatalf("written twice: %v", one)
		}
	}
}

// Keys that are none of an import, or whose first part is no workspace's name, import nothing and fail nothing.
func TestKeysThatImportNothing(t *testing.T) {
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	for _, key := range []string{
		"people.csv", "drop/people.csv", "not a workspace/drop/people.csv", "-a/drop/people.csv", "_a/drop/people.csv", "a.b/drop/people.csv", "مساحة/drop/people.csv", "/drop/people.csv",
		workspace + "/people.csv", workspace + "/other/people.csv", workspace + "/drop/deep/people.csv", workspace + "/drop/people.txt", workspace + "/drop/.csv", workspace + "/drop/", workspace + "//people.csv",
		workspace + "/api/people.csv", workspace + "/chunks/people.csv", "x" + workspace + "/" + workspace + "/drop/people.csv",
	} {
		version := put(t, key, people(3))
		invoke(t, "contacts-import-parse", created(key, version))
	}
	put(t, workspace+"/drop/last.CSV", people(2))
	counts(t, dropped(admin), map[string]int{"rows": 2, "processed": 2, "created": 2})
	if found := admin.walk("/v1/contacts"); len(found) > 2 {
		t.Errorf("%d contacts", len(found))
	}
}
