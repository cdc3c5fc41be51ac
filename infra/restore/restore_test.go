package restore

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/infra/local/stack"
)

// The emulator's own DynamoDB restores as AWS does: into a new table, without expiry, recovery, protection and tags.
// Its restore to a point in time copies the present, so these tests make the past before they change anything.
var local *stack.Stack

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "contacts-restore-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	if local, err = stack.Start(context.Background(), stack.Options{DataDir: dir, DynamoDB: "ministack"}); err != nil {
		println("restore: the stack cannot be started: " + err.Error())
		return 1
	}
	defer local.Stop()
	return m.Run()
}

// drill is a restore of the local stack.
type drill struct {
	t       *testing.T
	clients Clients
	options Options
	remade  int
}

func newDrill(t *testing.T) *drill {
	t.Helper()
	cfg := stack.Config(local.EmulatorURL)
	d := &drill{t: t, clients: Clients{dynamodb.NewFromConfig(cfg, withWindow), lambda.NewFromConfig(cfg), scheduler.NewFromConfig(cfg)}}
	d.options = Options{
		Stack: stack.Name, At: time.Now().Truncate(time.Second), File: filepath.Join(t.TempDir(), "restore.json"),
		SweepGroup: "default", TimerGroup: "default", Poll: 20 * time.Millisecond, Log: io.Discard,
	}
	for _, table := range d.tables() {
		d.settle(table)
	}
	return d
}

func (d *drill) tables() []string { return (&run{Options: d.options}).tables() }

// settle gives a table what template.yaml gives it on AWS, and the emulator leaves out.
func (d *drill) settle(table string) {
	d.t.Helper()
	ctx := d.t.Context()
	r := &run{Options: d.options, Clients: d.clients}
	is, err := r.describe(ctx, table)
	if err == nil {
		err = r.give(ctx, table, is, settings{
			Protected: true, Recovery: true, Expiry: "expiresAt", Tags: map[string]string{"service": "contacts", "table": table},
		})
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) disableRecovery(table string) {
	d.t.Helper()
	_, err := d.clients.DynamoDB.UpdateContinuousBackups(d.t.Context(), &dynamodb.UpdateContinuousBackupsInput{
		TableName:                        &table,
		PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(false)},
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) run(edit func(*Options)) error {
	options := d.options
	edit(&options)
	remake := func(context.Context) (int, error) { d.remade++; return 0, nil }
	return Run(d.t.Context(), d.clients, remake, options)
}

// must ends the test unless the run ends with that error.
func (d *drill) must(want error, edit func(*Options)) {
	d.t.Helper()
	if err := d.run(edit); !errors.Is(err, want) {
		d.t.Fatalf("the run ended with %v, not %v", err, want)
	}
}

func (d *drill) put(table, id string) {
	d.t.Helper()
	_, err := d.clients.DynamoDB.PutItem(d.t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "drill"}, "sk": &types.AttributeValueMemberS{Value: id},
	}})
	if err != nil {
		d.t.Fatal(err)
	}
}

// holds lists the drill's items of a table.
func (d *drill) holds(table string) (ids []string) {
	d.t.Helper()
	found, err := d.clients.DynamoDB.Query(d.t.Context(), &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :pk"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": &types.AttributeValueMemberS{Value: "drill"}},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, item := range found.Items {
		ids = append(ids, item["sk"].(*types.AttributeValueMemberS).Value)
	}
	return ids
}

// writing lists what is running of the stack: mappings, sweeps, and functions that may not run.
func (d *drill) writing() map[string]string {
	d.t.Helper()
	ctx, states := d.t.Context(), map[string]string{}
	for _, name := range functions {
		function := aws.String(stack.Name + "-" + name)
		reserved, err := d.clients.Lambda.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: function})
		if err != nil {
			d.t.Fatal(err)
		}
		if reserved.ReservedConcurrentExecutions != nil && *reserved.ReservedConcurrentExecutions == 0 {
			states["function "+name] = "stopped"
		}
		mappings, err := d.clients.Lambda.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: function})
		if err != nil {
			d.t.Fatal(err)
		}
		for _, m := range mappings.EventSourceMappings {
			states["mapping "+aws.ToString(m.EventSourceArn)] = aws.ToString(m.State)
		}
	}
	sweeps, err := d.clients.Scheduler.ListSchedules(ctx, &scheduler.ListSchedulesInput{NamePrefix: aws.String(stack.Name + "-")})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, s := range sweeps.Schedules {
		states["schedule "+aws.ToString(s.Name)] = string(s.State)
	}
	return states
}

// leftovers are the tables and backups that a restore made beside the present.
func (d *drill) leftovers() (names []string) {
	d.t.Helper()
	tables, err := d.clients.DynamoDB.ListTables(d.t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, name := range tables.TableNames {
		if strings.HasSuffix(name, "-then") {
			names = append(names, name)
		}
	}
	backups, err := d.clients.DynamoDB.ListBackups(d.t.Context(), &dynamodb.ListBackupsInput{})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, backup := range backups.BackupSummaries {
		names = append(names, aws.ToString(backup.BackupName))
	}
	return names
}

func TestRestore(t *testing.T) {
	d := newDrill(t)
	before, running := map[string]settings{}, d.writing()
	r := &run{Options: d.options, Clients: d.clients}
	for _, table := range d.tables() {
		d.put(table, "before")
		is, err := r.describe(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		before[table] = is
	}
	timer := aws.String("export-0123")
	if _, err := d.clients.Scheduler.CreateSchedule(t.Context(), timerOf(t, d, timer)); err != nil {
		t.Fatal(err)
	}

	d.must(ErrUnconfirmed, func(*Options) {})
	if diff := cmp.Diff(running, d.writing()); diff != "" {
		t.Errorf("making the past stopped a writer (-before +after):\n%s", diff)
	}
	for _, table := range d.tables() {
		d.put(table, "after")
	}
	d.must(nil, func(o *Options) { o.At, o.Confirmed = time.Time{}, true })

	for _, table := range d.tables() {
		if got := d.holds(table); !slices.Equal(got, []string{"before"}) {
			t.Errorf("%s holds %q", table, got)
		}
		is, err := r.describe(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		was := before[table]
		was.Tags, is.Tags = own(was.Tags), own(is.Tags)
		if diff := cmp.Diff(was, is); diff != "" {
			t.Errorf("%s (-before +after):\n%s", table, diff)
		}
	}
	if diff := cmp.Diff(running, d.writing()); diff != "" {
		t.Errorf("the writers (-before +after):\n%s", diff)
	}
	if _, err := d.clients.Scheduler.GetSchedule(t.Context(), &scheduler.GetScheduleInput{Name: timer}); err == nil {
		t.Error("the timer of a schedule that the past does not know is still there")
	}
	if d.remade != 1 || len(d.leftovers()) > 0 {
		t.Errorf("timers were marked %d times, left over: %q", d.remade, d.leftovers())
	}
	if _, err := os.Stat(d.options.File); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of the restore: %v", err)
	}
}

// timerOf describes a timer like those of export schedules.
func timerOf(t *testing.T, d *drill, name *string) *scheduler.CreateScheduleInput {
	t.Helper()
	sweep, err := d.clients.Scheduler.GetSchedule(t.Context(), &scheduler.GetScheduleInput{Name: aws.String(stack.Name + "-export-sweep")})
	if err != nil {
		t.Fatal(err)
	}
	return &scheduler.CreateScheduleInput{
		Name: name, ScheduleExpression: aws.String("rate(1 day)"), FlexibleTimeWindow: sweep.FlexibleTimeWindow, Target: sweep.Target,
	}
}

// TestInterruptedRestore ends the restore at every call to AWS in turn, as a lost connection does, and runs it again.
func TestInterruptedRestore(t *testing.T) {
	running := newDrill(t).writing()
	for ended := 0; ; ended++ {
		d := newDrill(t)
		for _, table := range d.tables() {
			d.put(table, "before")
		}
		cut := &cutter{after: ended * 7} // every seventh call: all of them take minutes
		whole := d.clients
		d.clients = whole.through(cut)
		finished := true
		if err := d.run(func(*Options) {}); !errors.Is(err, ErrUnconfirmed) {
			finished, d.clients = false, whole
			d.must(ErrUnconfirmed, func(*Options) {})
		}
		through := d.clients
		d.clients = whole
		for _, table := range d.tables() {
			d.put(table, "after")
		}
		d.clients = through
		if err := d.run(func(o *Options) { o.Confirmed = true }); err != nil {
			finished, d.clients = false, whole
			d.must(nil, func(o *Options) { o.Confirmed = true })
		}
		d.clients = whole
		for _, table := range d.tables() {
			if got := d.holds(table); !slices.Equal(got, []string{"before"}) {
				t.Errorf("ended after %d calls: %s holds %q", ended*7, table, got)
			}
		}
		if diff := cmp.Diff(running, d.writing()); diff != "" {
			t.Errorf("ended after %d calls, the writers (-before +after):\n%s", ended*7, diff)
		}
		if left := d.leftovers(); len(left) > 0 {
			t.Errorf("ended after %d calls, left over: %q", ended*7, left)
		}
		if finished {
			return
		}
	}
}

func TestAbandonedRestore(t *testing.T) {
	d := newDrill(t)
	running := d.writing()
	d.must(ErrUnconfirmed, func(*Options) {})
	d.must(nil, func(o *Options) { o.Abandon = true })
	if left := d.leftovers(); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
	if diff := cmp.Diff(running, d.writing()); diff != "" {
		t.Errorf("the writers (-before +after):\n%s", diff)
	}
	if err := d.run(func(o *Options) { o.Abandon = true }); err == nil {
		t.Error("a restore that was not begun was abandoned")
	}
}

// TestRehearsal restores tables as `make run` leaves them, without recovery, to a second that is not in their window.
func TestRehearsal(t *testing.T) {
	d := newDrill(t)
	running := d.writing()
	for _, table := range d.tables() {
		d.disableRecovery(table)
		d.put(table, "before")
	}
	rehearse := func(o *Options) { o.Rehearsal, o.At = true, o.At.Add(-2*window) }
	d.must(ErrUnconfirmed, rehearse)
	for _, table := range d.tables() {
		d.put(table, "after")
	}
	d.must(nil, func(o *Options) { rehearse(o); o.Confirmed = true })
	for _, table := range d.tables() {
		if got := d.holds(table); !slices.Equal(got, []string{"before"}) {
			t.Errorf("%s holds %q", table, got)
		}
	}
	if diff := cmp.Diff(running, d.writing()); diff != "" {
		t.Errorf("the writers (-before +after):\n%s", diff)
	}
	if left := d.leftovers(); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

// TestRefusedRestores are those that must change nothing.
func TestRefusedRestores(t *testing.T) {
	for name, test := range map[string]struct {
		before func(d *drill)
		edit   func(*Options)
		says   string
	}{
		"no second":   {edit: func(o *Options) { o.At = time.Time{} }, says: "AT="},
		"no stack":    {edit: func(o *Options) { o.Stack = "" }, says: "STACK="},
		"no such one": {edit: func(o *Options) { o.Stack = "other" }, says: "other-contacts"},
		"another second than was begun": {
			before: func(d *drill) { d.must(ErrUnconfirmed, func(*Options) {}) },
			edit:   func(o *Options) { o.At = o.At.Add(-time.Hour) }, says: "ABANDON=yes",
		},
		"a damaged file": {
			before: func(d *drill) {
				if err := os.WriteFile(d.options.File, []byte("{"), 0o600); err != nil {
					d.t.Fatal(err)
				}
			},
			edit: func(*Options) {}, says: "damaged",
		},
		"a second before the recovery window": {edit: func(o *Options) { o.At = o.At.Add(-2 * window) }, says: "can be set back to"},
		"no recovery": {
			before: func(d *drill) { d.disableRecovery("contacts-jobs") },
			edit:   func(*Options) {}, says: "point-in-time recovery",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrill(t)
			running := d.writing()
			if test.before != nil {
				test.before(d)
			}
			there := d.leftovers()
			err := d.run(test.edit)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v; it should say %q", err, test.says)
			}
			if diff := cmp.Diff(running, d.writing()); diff != "" {
				t.Errorf("the writers (-before +after):\n%s", diff)
			}
			if left := d.leftovers(); !slices.Equal(left, there) {
				t.Errorf("left over: %q", left)
			}
			if len(there) > 0 {
				d.must(nil, func(o *Options) { o.Abandon = true })
			}
		})
	}
}

// TestDifferences compares tables that lack one thing each.
func TestDifferences(t *testing.T) {
	was := settings{
		BillingMode: "PAY_PER_REQUEST", Encryption: "key", Protected: true, Recovery: true, Expiry: "expiresAt",
		Indexes: []string{"name"}, Tags: map[string]string{"stage": "prod", "aws:cloudformation:stack-name": "contacts"},
	}
	lacking := map[string]func(*settings){
		"billing mode": func(s *settings) { s.BillingMode = "PROVISIONED" }, "encryption": func(s *settings) { s.Encryption = "" },
		"deletion protection": func(s *settings) { s.Protected = false }, "recovery": func(s *settings) { s.Recovery = false },
		"expiry": func(s *settings) { s.Expiry = "" }, "indexes": func(s *settings) { s.Indexes = nil },
		"tags": func(s *settings) { s.Tags = nil },
	}
	for _, name := range slices.Sorted(maps.Keys(lacking)) {
		is := was
		lacking[name](&is)
		if err := differences(is, was); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without its %s: %v", name, err)
		}
	}
	is := was
	is.Tags = map[string]string{"stage": "prod"} // those of CloudFormation cannot be set by anybody else
	if err := differences(is, was); err != nil {
		t.Error(err)
	}
}
