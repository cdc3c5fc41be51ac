package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/occ/contacts/infra/consumption"
	"github.com/occ/contacts/infra/local/sample"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/provider"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/dynamo/dynamotest"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/webhook"
)

var update = flag.Bool("update", false, "write units.json")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(dynamotest.Run(m))
}

const (
	workspace = "demo"
	rows      = 10_000
	people    = 20 // whose average is taken: some share a shard, some do not
)

// bench counts what work consumes.
type bench struct {
	t     *testing.T
	meter *consumption.Meter
	store *dynamo.Store
}

// of averages the units of n pieces of work.
func (b *bench) of(n int, work func(n int) error) consumed {
	b.t.Helper()
	b.meter.Reset()
	for i := range n {
		if err := work(i); err != nil {
			b.t.Fatal(err)
		}
	}
	reads, writes := b.meter.Units()
	return consumed{round(reads / float64(n)), round(writes / float64(n))}
}

// round keeps what a page of costs can show; which shard something falls into changes the rest.
func round(units float64) float64 { return math.Round(units*2) / 2 }

// TestUnits measures what pieces of work consume, and holds units.json against it.
func TestUnits(t *testing.T) {
	m := &consumption.Meter{}
	tables := dynamotest.New(t)
	b := &bench{t, m, dynamo.Open(dynamotest.Client(m), dynamo.Tables(tables)).EncryptWith(open{})}
	measured := b.measure(t.Context(), dynamotest.Client(nil), tables)
	if *update {
		body, err := json.MarshalIndent(measured, "", "  ")
		if err == nil {
			err = os.WriteFile("units.json", append(body, '\n'), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	stored, err := readUnits()
	if err != nil {
		t.Fatal(err)
	}
	if !alike(stored, measured) {
		t.Errorf("units.json says %+v\nmeasured now: %+v\nrun: go test ./infra/costs -run TestUnits -update, then go run ./infra/costs > infra/COSTS.md", stored, measured)
	}
}

// alike reports whether two measurements differ by less than what falls into other shards in another run, or trails it.
func alike(a, b units) bool {
	x, y := figures(a), figures(b)
	for i := range x {
		if math.Abs(x[i]-y[i]) > max(0.5, 0.05*x[i]) {
			return false
		}
	}
	return true
}

func figures(u units) (all []float64) {
	for _, c := range []consumed{
		u.Create, u.Edit, u.Read, u.Page, u.ImportRow, u.FirstMessage, u.NextMessage, u.Webhook, u.Sweeps, u.ExportRow,
	} {
		all = append(all, c.Reads, c.Writes)
	}
	return append(all, u.Chunks, u.ItemBytes)
}

func (b *bench) measure(ctx context.Context, client *dynamodb.Client, tables dynamotest.Tables) units {
	u := units{Sweeps: b.sweeps(ctx)}
	service := contact.NewService(b.store, phone.Parse, phone.ValidRegion, time.Now)
	me, text := contact.Actor{Type: contact.ByUser, ID: "costs"}, func(s string) *string { return &s }
	var last contact.Contact
	create := func(n int) (err error) {
		last, err = service.Create(ctx, workspace, me, contact.Draft{
			Name: text("Mona Adel"), Email: text(fmt.Sprintf("new%d@example.com", n)), Phone: text(fmt.Sprintf("+2012%08d", n)),
		}, nil)
		return err
	}
	b.of(1, func(int) error { return create(people) }) // the process enters the workspace
	u.Create = b.of(people, create)
	u.Read = b.of(people, func(int) error { _, err := service.Get(ctx, workspace, last.ID); return err })
	u.Edit = b.of(people, func(n int) error {
		patch := contact.Patch{Company: contact.Field[string]{Set: true, Value: fmt.Sprintf("Company %d", n)}}
		_, err := service.Update(ctx, workspace, last.ID, me, patch, contact.Precondition{})
		return err
	})
	b.messages(ctx, &u)
	before := b.bytes(ctx, client, tables)
	u.ImportRow = b.imports(ctx, &u)
	u.ItemBytes = math.Round((b.bytes(ctx, client, tables)-before)/rows/50) * 50
	u.Page = b.of(people, func(int) error {
		_, err := service.List(ctx, "crowd", contact.Listing{Sort: contact.SortDefault, Limit: 25})
		return err
	})
	u.ExportRow = b.exports(ctx)
	return u
}

// messages measures a webhook of WhatsApp and what becomes of it.
func (b *bench) messages(ctx context.Context, u *units) {
	account := channel.AccountKey{Channel: contact.WhatsApp, ID: "106540352242922"}
	secrets := channel.Secrets{AppSecret: "app-secret", VerifyToken: "verify-token"}
	registry := channel.NewRegistry(b.store, open{}, time.Now)
	if _, _, err := registry.Put(ctx, workspace, account, channel.AccountDraft{
		Name: "Sales", Secrets: map[string]string{"appSecret": secrets.AppSecret, "verifyToken": secrets.VerifyToken},
	}); err != nil {
		b.t.Fatal(err)
	}
	queue := &inbox{}
	handler := webhook.New(webhook.Deps{
		Accounts: channel.NewKeyring(b.store, open{}, time.Now), Queue: queue, Region: b.store.DefaultRegion, Phone: phone.Parse,
		BaseURL: "http://test", Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	send := func(person, message int) error {
		now := time.Now().UTC()
		number, user := fmt.Sprintf("2010%08d", person), fmt.Sprintf("EG.%08d", person)
		body, err := json.Marshal(sample.CloudAPI(account.ID, map[string]any{
			"contacts": []any{map[string]any{"wa_id": number, "user_id": user, "profile": map[string]any{"name": "Mona Adel"}}},
			"messages": []any{map[string]any{
				"from": number, "from_user_id": user, "id": fmt.Sprintf("wamid.%d.%d", person, message), "type": "text",
				"timestamp": fmt.Sprint(now.Unix() + int64(message)), "text": map[string]any{"body": "Hello"},
			}},
		}))
		if err != nil {
			return err
		}
		request := httptest.NewRequestWithContext(ctx, "POST", "/v1/webhooks/whatsapp/"+account.ID, bytes.NewReader(body))
		for name, value := range provider.Sign(account.Channel, "", body, secrets, now) {
			request.Header.Set(name, value)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != 200 {
			return fmt.Errorf("the webhook was answered %d %s", answer.Code, answer.Body)
		}
		return nil
	}
	applier := channel.NewApplier(b.store, channel.NewCases(b.store, nil, time.Now), time.Now, uuid.NewString)
	apply := func(int) error {
		batch := queue.batches[0]
		queue.batches = queue.batches[1:]
		return applier.Apply(ctx, []channel.Batch{batch})[0]
	}
	b.of(1, func(int) error { return send(people, 0) })
	b.of(1, apply)
	u.Webhook = b.of(people, func(n int) error { return send(n, 1) })
	u.FirstMessage = b.of(people, apply)
	b.of(people, func(n int) error { return send(n, 2) })
	u.NextMessage = b.of(people, apply)
}

func (b *bench) imports(ctx context.Context, u *units) consumed {
	var file strings.Builder
	file.WriteString("name,email,phone\n")
	for n := range rows {
		fmt.Fprintf(&file, "First%d Last%d,row%d@example.com,+2011%08d\n", n%97, n%1009, n, n)
	}
	b.meter.Reset()
	chunks, err := consumption.Import(ctx, b.store, "crowd", file.String(), rows)
	if err != nil {
		b.t.Fatal(err)
	}
	u.Chunks = float64(chunks)
	reads, writes := b.meter.Units()
	return consumed{math.Round(reads/rows*10) / 10, math.Round(writes/rows*10) / 10}
}

// exports walks the workspace as an export does.
func (b *bench) exports(ctx context.Context) consumed {
	b.meter.Reset()
	seen := 0
	err := b.store.Walk(ctx, "crowd", exporting.Selection{}, "", func(records []exporting.Record, _ string) error {
		seen += len(records)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if seen != rows {
		b.t.Fatalf("%d contacts of %d were walked", seen, rows)
	}
	reads, _ := b.meter.Units()
	return consumed{Reads: math.Round(reads/rows*100) / 100}
}

// sweeps does what the sweeps of a minute do when nothing is open.
func (b *bench) sweeps(ctx context.Context) consumed {
	cases := channel.NewCases(b.store, nil, time.Now)
	sweep := func(int) error {
		if _, err := b.store.OpenImports(ctx); err != nil {
			return err
		}
		if _, err := b.store.CleanUp(ctx); err != nil {
			return err
		}
		if _, err := b.store.OpenExports(ctx); err != nil {
			return err
		}
		if _, err := b.store.PendingSchedules(ctx); err != nil {
			return err
		}
		_, err := cases.Sweep(ctx)
		return err
	}
	return b.of(1, sweep)
}

// bytes is what the tables hold, items and indexes, with the 100 bytes that DynamoDB adds to each.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func (b *bench) bytes(ctx context.Context, client *dynamodb.Client, tables dynamotest.Tables) float64 {
	b.t.Helper()
	return sizeOf(ctx, b.t, client, tables.Contacts, tables.Timeline, tables.Jobs)
}

// inbox keeps what webhooks queue.
type inbox struct{ batches []channel.Batch }

func (i *inbox) Send(_ context.Context, batches []channel.Batch) error {
	i.batches = append(i.batches, batches...)
	return nil
}

func (i *inbox) Bury(context.Context, []channel.Letter) error { return nil }

// open is a channel.Sealer, and a dynamo.Encrypter, that leaves secrets as they are.
type open struct{}

func (open) Seal(_ context.Context, _ string, _ channel.AccountKey, plain []byte) ([]byte, error) {
	return plain, nil
}

func (open) Open(_ context.Context, _ string, _ channel.AccountKey, sealed []byte) ([]byte, error) {
	return sealed, nil
}

func (open) Encrypt(_ context.Context, plain []byte) ([]byte, error) { return plain, nil }

func (open) Decrypt(_ context.Context, encrypted []byte) ([]byte, error) { return encrypted, nil }
