package faults_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
)

// asked are the exports of a test: every format, and one that is read as a list of contacts is.
var asked = []map[string]any{{"format": "csv"}, {"format": "xlsx"}, {"format": "json"}, {"format": "csv", "label": "few"}}

// few are contacts of that label: two pages of a list.
func few() (drafts []contact.Draft) {
	for i := range 120 {
		name, email := fmt.Sprintf("Few%d Tester", i), fmt.Sprintf("few%d@example.com", i)
		drafts = append(drafts, contact.Draft{Name: &name, Email: &email, Labels: []string{"few"}})
	}
	return drafts
}

// start asks for an export until that is acknowledged; the key makes one of all the requests.
func start(t *testing.T, workspace string, request map[string]any, key string) exporting.Ref {
	t.Helper()
	for range 20 {
		status, answer := post(t, workspace, "/v1/exports", request, key)
		if status == http.StatusAccepted {
			return exporting.Ref{Workspace: workspace, ID: answer["id"].(string)}
		}
		if status != 0 && status < 500 && status != http.StatusConflict {
			t.Fatalf("the export answers %d %v", status, answer)
		}
	}
	t.Fatal("the export is never acknowledged")
	return exporting.Ref{}
}

// exported waits until an export has ended, and says whether a run of it was seen to take over from one that died.
func exported(t *testing.T, ref exporting.Ref) (job exporting.Export, takenOver bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	for n := 1; ; n++ {
		job, err := store.Export(ctx, ref)
		if err == nil && !job.Status.Open() {
			return job, takenOver
		}
		takenOver = takenOver || job.Attempts > 1 || job.Attempts == 1 && job.Checkpoint != ""
		select {
		case <-ctx.Done():
			t.Errorf("the export has not ended after %s: %+v, %v", patience, job, err)
			return job, takenOver
		case <-time.After(50 * time.Millisecond):
		}
		if n%20 == 0 { // the schedule does so once a minute
			invoke(t, "export", `{"action":"sweep"}`)
		}
	}
}

// file reads a finished export's, an XLSX's member by member: it is compressed in other pieces when another run went on with it.
func file(t *testing.T, job exporting.Export) string {
	t.Helper()
	if job.Status != exporting.Completed {
		t.Fatalf("the export of %s is %s: %+v", job.Format, job.Status, job.Error)
	}
	out, err := buckets().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(local.Outputs["ExportsBucket"]), Key: &job.Key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close() //nolint:errcheck // read whole below
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(body)) != job.Bytes {
		t.Errorf("%s has %d bytes, and says %d", job.Key, len(body), job.Bytes)
	}
	if job.Format != exporting.XLSX {
		return string(body)
	}
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var members strings.Builder
	for _, member := range archive.File {
		opened, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&members, member.Name)
		if _, err := io.Copy(&members, opened); err != nil { // checks the sum too
			t.Fatalf("%s: %v", member.Name, err)
		}
	}
	return members.String()
}

// tidy demands that the bucket has one version of each export's file, and besides what belongs to imports only work of the exports that
// were disturbed.
func tidy(t *testing.T, workspace string, jobs, disturbed []exporting.Export) {
	t.Helper()
	versions, there := map[string]int{}, map[string]bool{}
	input := &s3.ListObjectVersionsInput{Bucket: aws.String(local.Outputs["ExportsBucket"]), Prefix: aws.String(workspace + "/")}
	for more := s3.NewListObjectVersionsPaginator(buckets(), input); more.HasMorePages(); {
		page, err := more.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range page.Versions {
			key := aws.ToString(version.Key)
			versions[key]++
			there[key] = there[key] || aws.ToBool(version.IsLatest) // the latest of what was deleted is a marker
		}
	}
	for _, job := range jobs {
		if versions[job.Key] != 1 || !there[job.Key] {
			t.Errorf("%s has %d versions", job.Key, versions[job.Key])
		}
		delete(there, job.Key)
	}
	for key, is := range there {
		expected := strings.HasPrefix(key, workspace+"/chunks/") || strings.HasPrefix(key, workspace+"/reports/")
		for _, job := range disturbed {
			expected = expected || strings.HasPrefix(key, workspace+"/export-work/"+job.ID+"/")
		}
		if is && !expected {
			t.Errorf("%s is left", key)
		}
	}
}

// The file of an export is that of an undisturbed one, whatever DynamoDB does and whoever dies.
func TestExportsUnderFaultsAndKills(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64, workspace string) {
		people, known, want := people(rows)
		prepare(t, workspace, known)
		drop(t, workspace, people)
		compare(t, workspace, ended(t, workspace), want)
		prepare(t, workspace, few())
		calm := make([]exporting.Export, len(asked))
		for i, request := range asked {
			calm[i], _ = exported(t, start(t, workspace, request, ""))
		}

		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		var killer faults.Killer
		var killing, waiting sync.WaitGroup
		odds := faults.All
		odds.Slow = 100 * time.Millisecond // so that runs make checkpoints before they die
		proxy.Set(odds)
		defer proxy.Set(faults.Odds{})
		killing.Go(func() { killer.Random(ctx, seed, 150*time.Millisecond, home, "contacts-export") })
		disturbed, takenOver := make([]exporting.Export, len(asked)), make([]bool, len(asked))
		for i, request := range asked {
			ref := start(t, workspace, request, fmt.Sprint("key-", i))
			waiting.Go(func() { disturbed[i], takenOver[i] = exported(t, ref) })
		}
		waiting.Wait()
		stop()
		killing.Wait()
		proxy.Set(faults.Odds{})
		t.Logf("%d killed, taken over: %v", killer.Killed(), takenOver)
		if killer.Killed() == 0 {
			t.Error("nobody was killed")
		}
		for i, job := range disturbed {
			if got, whole := file(t, job), file(t, calm[i]); got != whole || job.Rows != calm[i].Rows {
				t.Errorf("%v has %d rows in %d bytes, want %d in %d", asked[i], job.Rows, len(got), calm[i].Rows, len(whole))
			}
		}
		if calm[0].Rows != len(want.contacts)+len(few()) || calm[3].Rows != len(few()) {
			t.Errorf("%d rows are exported, and %d of few", calm[0].Rows, calm[3].Rows)
		}
		if jobs, _, err := store.ListExports(t.Context(), workspace, 100, ""); err != nil || len(jobs) != 2*len(asked) {
			t.Errorf("%d exports, %v", len(jobs), err)
		}
		tidy(t, workspace, slices.Concat(calm, disturbed), disturbed)
		sound(t)
	})
}
