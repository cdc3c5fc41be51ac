package faults_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/infra/local/dynamodb"
	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/importing"
)

// What is tested how often; `make test-faults` sets more (infra/README.md, "Faults").
var (
	seeds      = setting("FAULT_SEEDS", 1)
	rows       = setting("FAULT_ROWS", 1_500)
	operations = setting("FAULT_OPERATIONS", 300)
	talkers    = setting("FAULT_PEOPLE", 20)
	webhooks   = setting("FAULT_WEBHOOKS", 150)
)

func setting(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return usual
}

// patience bounds every wait for something that happens by itself.
const patience = 5 * time.Minute

// The stack that all tests share: its functions reach DynamoDB through the proxy, the tests look at it directly.
var (
	local *stack.Stack
	proxy *faults.Proxy
	store *dynamo.Store
	home  string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if runtime.GOOS != "linux" {
		fmt.Fprintln(os.Stderr, "faults: workers are found, and killed, by Linux's /proc; these tests run nowhere else")
		return 0
	}
	var err error
	if home, err = os.MkdirTemp("", "contacts-faults-"); err != nil {
		return fail(err)
	}
	defer os.RemoveAll(home) //nolint:errcheck // temporary
	choice, err := dynamodb.Choose()
	if err != nil {
		return fail(err)
	}
	server, err := dynamodb.Start(choice.Kind, filepath.Join(home, "dynamodb"), 0, os.Stderr)
	if err != nil {
		return fail(err)
	}
	defer server.Kill()
	if proxy, err = faults.Start(server.Endpoint, faults.Odds{}, 1); err != nil {
		return fail(err)
	}
	defer proxy.Stop()
	ctx, stop := context.WithTimeout(context.Background(), 2*patience)
	defer stop()
	// A worker that died gives its chunk back, and a run of an export its place, after so many seconds.
	params := map[string]string{"RetrySeconds": "4", "ExportPatienceSeconds": "3"}
	options := stack.Options{DataDir: filepath.Join(home, "stack"), DynamoDB: proxy.URL, Params: params}
	if os.Getenv("FAULT_LOG") != "" {
		options.Log = os.Stderr
	}
	if local, err = stack.Start(ctx, options); err != nil {
		return fail(err)
	}
	defer local.Stop()
	store = stack.Storage(server.Endpoint)
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "faults: the stack cannot be started:", err)
	return 1
}

// eachSeed runs a test with every seed, in a workspace of its own.
func eachSeed(t *testing.T, test func(t *testing.T, seed uint64, workspace string)) {
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			anew(t)
			test(t, uint64(seed), fmt.Sprintf("w%d", time.Now().UnixNano()))
		})
	}
}

// anew begins with nothing: what the seeds before left would be verified again with each. A call of import-parse that died waits 15
// minutes in its dead letters, and would import its file once more meanwhile. Functions end too: they remember the store's secret, by which
// conversations are named.
func anew(t *testing.T) {
	t.Helper()
	listed, err := queues().ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range listed.QueueUrls {
		if _, err := queues().PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &url}); err != nil {
			t.Fatal(err)
		}
	}
	if err := local.EmptyTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, function := range []string{"api", "webhooks", "channel-events", "import-parse", "import-write", "export"} {
		faults.Kill("contacts-"+function, home)
	}
}

// people is a file of mostly new people, with known ones, bad rows and rows twice in it; what is there before, and what is to come of it.
func people(n int) (file []byte, known []contact.Draft, want expected) {
	var text strings.Builder
	text.WriteString("name,email,phone,company,labels\n")
	for i := range n {
		name, email, phone := fmt.Sprintf("Person%d Tester", i), fmt.Sprintf("person%d@example.com", i), fmt.Sprintf("+2010%08d", i)
		switch {
		case i%97 == 5:
			email = "no e-mail"
			want.totals.Failed++
		case i%89 == 7 && (i-1)%97 != 5: // an invalid row takes no e-mail
			email = fmt.Sprintf("person%d@example.com", i-1)
			want.totals.Skipped++
		case i%31 == 3:
			old := "Old Name"
			known = append(known, contact.Draft{Name: &old, Email: &email})
			want.totals.Updated++
			want.add(name, email, phone, "api")
		default:
			want.totals.Created++
			want.add(name, email, phone, "import")
		}
		fmt.Fprintf(&text, "%s,%s,%s,Acme,VIP\n", name, email, phone)
	}
	want.totals.Rows, want.totals.Processed = n, n
	slices.Sort(want.contacts)
	return []byte(text.String()), known, want
}

// expected is what an undisturbed import leaves.
type expected struct {
	totals   importing.Totals
	contacts []string // by content
}

func (e *expected) add(name, email, phone, channel string) {
	e.contacts = append(e.contacts, fmt.Sprint(name, " ", email, " ", phone, " Acme ", channel, " [VIP]"))
}

func (e *expected) sort() { slices.Sort(e.contacts) }

// buckets reaches S3 as an admin does.
func buckets() *s3.Client {
	return s3.NewFromConfig(stack.Config(local.EmulatorURL), func(o *s3.Options) { o.UsePathStyle = true })
}

// drop puts a file where an admin would, and returns the event that S3 sends of it.
func drop(t *testing.T, workspace string, file []byte) (event string) {
	t.Helper()
	bucket, key := local.Outputs["UploadsBucket"], workspace+"/drop/people.csv"
	done, err := buckets().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(file)})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q,"versionId":%q,"sequencer":"1"}}}]}`, bucket, key, aws.ToString(done.VersionId))
}

// ended waits until the workspace's import has ended. The schedule sweeps once a minute; here it does so every few seconds.
func ended(t *testing.T, workspace string) importing.Import {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	for n := 1; ; n++ {
		jobs, _, err := store.ListImports(ctx, workspace, 10, "")
		if err == nil && len(jobs) == 1 && !jobs[0].Status.Open() {
			return jobs[0]
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the import has not ended after %s: %+v, %v", patience, jobs, err)
		case <-time.After(500 * time.Millisecond):
		}
		if n%10 == 0 {
			invoke(t, "import-parse", `{"action":"sweep"}`)
		}
	}
}

// compare demands the totals and the contacts of an undisturbed run, and that no invariant is broken.
func compare(t *testing.T, workspace string, job importing.Import, want expected) {
	t.Helper()
	if job.Status != importing.Completed || job.Totals != want.totals {
		t.Errorf("ended %s with %+v, want %+v (%v)", job.Status, job.Totals, want.totals, job.Error)
	}
	same(t, contents(t, workspace), want.contacts)
	sound(t)
}

// contents are a workspace's contacts, by content.
func contents(t *testing.T, workspace string) []string {
	t.Helper()
	var got []string
	for query := (contact.Query{Workspace: workspace, Limit: 100}); ; {
		page, err := store.List(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Contacts {
			got = append(got, fmt.Sprint(c.Name, " ", c.Email, " ", c.Phone, " ", c.Company, " ", c.Channel, " ", c.Labels))
		}
		if query.After = page.Next; page.Next == nil {
			break
		}
	}
	slices.Sort(got)
	return got
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%d contacts, want %d; they differ first at %s", len(got), len(want), firstDifference(got, want))
	}
}

// sound demands that no invariant is broken.
func sound(t *testing.T) {
	t.Helper()
	found, err := store.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, breach := range found.Breaches[:min(len(found.Breaches), 10)] {
		t.Error(breach)
	}
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%q, want %q", got[i], want[i])
		}
	}
	return "the end"
}
