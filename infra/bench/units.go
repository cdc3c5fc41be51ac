package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/occ/contacts/infra/consumption"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/phone"
)

// The two sizes that a page is to cost the same at.
const (
	fewContacts  = 1_000
	manyContacts = 50_000
	boundedMost  = 300 // read units of a page, whatever is asked for
	pageLimit    = 25
)

// units prints what pages, searches, creations and edits consume, with few contacts and with many.
func (b *bench) units(ctx context.Context) error {
	open := func(m *consumption.Meter) *dynamo.Store { return b.store(m) }
	for workspace, contacts := range map[string]int{"few": fewContacts, "many": manyContacts} {
		of := func(n int) (contact.Contact, []contact.Note) { return member(workspace, n, contacts), nil }
		if err := crowd(ctx, open(&consumption.Meter{}), workspace, contacts, of); err != nil {
			return err
		}
	}
	fmt.Printf("read units of a page of %d, with %d contacts and with %d (flat: the same; bounded: at most %d):\n", pageLimit, fewContacts, manyContacts, boundedMost)
	for _, ask := range questions {
		if err := ask.print(ctx, open); err != nil {
			return fmt.Errorf("%s: %w", ask.name, err)
		}
	}
	if err := writes(ctx, open); err != nil {
		return err
	}
	if err := b.calls(ctx, open); err != nil {
		return err
	}
	return b.replay(ctx)
}

// store reaches the stack's tables; transport nil is the usual one.
func (b *bench) store(transport http.RoundTripper) *dynamo.Store {
	return dynamo.Open(b.dynamoDB(transport), dynamo.Tables{Contacts: "contacts-contacts", Timeline: "contacts-timeline", Jobs: "contacts-jobs"})
}

// dynamoDB is a client of the endpoint that the stack's tables are at.
func (b *bench) dynamoDB(transport http.RoundTripper) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(b.local.DynamoDBURL), HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// print asks in both workspaces, the first page and the one after it.
func (q question) print(ctx context.Context, open func(*consumption.Meter) *dynamo.Store) error {
	var first, second [2]float64
	var found [2]int
	for i, workspace := range []string{"few", "many"} {
		m := &consumption.Meter{}
		service := contact.NewService(open(m), phone.Parse, phone.ValidRegion, time.Now)
		page, err := q.ask(ctx, service, workspace, nil)
		if err != nil {
			return err
		}
		first[i], found[i] = m.All(), len(page.Contacts)
		if page.Next == nil {
			continue
		}
		m.Reset()
		if _, err := q.ask(ctx, service, workspace, page.Next); err != nil {
			return err
		}
		second[i] = m.All()
	}
	kind := "bounded"
	if q.flat {
		kind = "flat"
	}
	fmt.Printf("  %-44s %-7s %5.1f %5.1f   next page %5.1f %5.1f   items %d %d\n", q.name, kind, first[0], first[1], second[0], second[1], found[0], found[1])
	return nil
}

// writes prints what a creation and an edit consume, and what it is to look at one contact.
func writes(ctx context.Context, open func(*consumption.Meter) *dynamo.Store) error {
	m := &consumption.Meter{}
	service := contact.NewService(open(m), phone.Parse, phone.ValidRegion, time.Now)
	text := func(s string) *string { return &s }
	var id string
	for _, step := range []struct {
		name string
		do   func(n int) error
	}{
		{"create, two words, e-mail, phone", func(n int) error {
			c, err := service.Create(ctx, "many", contact.Actor{Type: contact.ByUser, ID: "bench"}, contact.Draft{
				Name: text("Mona Adel"), Email: text(fmt.Sprintf("new%d@example.com", n)), Phone: text(fmt.Sprintf("+2012%08d", n)),
			}, nil)
			id = c.ID
			return err
		}},
		{"read one", func(int) error { _, err := service.Get(ctx, "many", id); return err }},
		{"edit the company", func(n int) error {
			patch := contact.Patch{Company: contact.Field[string]{Set: true, Value: fmt.Sprintf("Company %d", n)}}
			_, err := service.Update(ctx, "many", id, contact.Actor{Type: contact.ByUser, ID: "bench"}, patch, contact.Precondition{})
			return err
		}},
	} {
		for n := range 2 { // the first time of a process also enters the workspace
			m.Reset()
			if err := step.do(n + int(time.Now().UnixMilli()%1_000_000)*10); err != nil {
				return fmt.Errorf("%s: %w", step.name, err)
			}
		}
		fmt.Printf("  %-44s %5.1f units\n", step.name, m.All())
	}
	return nil
}
