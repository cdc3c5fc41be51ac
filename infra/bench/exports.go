package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/exporting"
)

const (
	exportLeast = 0.50 // of the floor, where there is a target
	exportMost  = 256  // MB resident
)

// exportSize is a number of contacts whose exports are measured.
type exportSize struct {
	contacts, rounds int
	target           bool // the ratio has one
}

var exportSizes = []exportSize{{10_000, 3, false}, {200_000, 1, true}}

// exports measures contacts a second from the beginning of an export to its end, and what function export holds meanwhile, beside the floor of
// reading the same items alone.
func (b *bench) exports(ctx context.Context) error {
	store, load := b.store(nil), &loader{}
	for _, size := range exportSizes {
		workspace := fmt.Sprintf("export%d", size.contacts)
		of := func(n int) (contact.Contact, []contact.Note) { return customer(workspace, n) }
		if err := crowd(ctx, b.store(load), workspace, size.contacts, of); err != nil {
			return err
		}
		if err := load.flush(ctx); err != nil {
			return err
		}
		if err := b.exportsOf(ctx, store, workspace, size); err != nil {
			return err
		}
	}
	return nil
}

// exportsOf measures the exports of a workspace. Each comes after the floor; the medians are compared.
func (b *bench) exportsOf(ctx context.Context, store *dynamo.Store, workspace string, size exportSize) error {
	token, err := b.local.Token(ctx, workspace, "admin", "")
	if err != nil {
		return err
	}
	watched, stop := context.WithCancel(ctx)
	defer stop()
	peak := make(chan float64, 1)
	go func() { peak <- b.watchPeak(watched, "contacts-export") }()
	took := make(map[exporting.Format][]time.Duration)
	var floors []time.Duration
	for range size.rounds {
		for _, format := range exporting.Formats {
			floor, err := timed(func() error { return exportFloor(ctx, store, workspace, size.contacts) })
			if err != nil {
				return fmt.Errorf("floor: %w", err)
			}
			duration, err := b.exportOnce(ctx, token, format, size.contacts)
			if err != nil {
				return fmt.Errorf("export as %s: %w", format, err)
			}
			floors, took[format] = append(floors, floor), append(took[format], duration)
		}
	}
	stop()
	b.printExports(size, median(floors), took, <-peak)
	return nil
}

func (b *bench) printExports(size exportSize, floor time.Duration, took map[exporting.Format][]time.Duration, peak float64) {
	rows := float64(size.contacts)
	fmt.Printf("export of %d contacts, begun to completed, median of %d; reading them alone: %.0f contacts/s\n", size.contacts, size.rounds, rows/floor.Seconds())
	for _, format := range exporting.Formats {
		ours := median(took[format]).Seconds()
		figure := fmt.Sprintf("%.2f of the floor", floor.Seconds()/ours)
		if size.target {
			figure = b.atLeast("export as "+string(format), floor.Seconds()/ours, exportLeast)
		}
		fmt.Printf("  %-4s %7.0f contacts/s, %s\n", format, rows/ours, figure)
	}
	fmt.Printf("  function export: %s\n", b.atMost(fmt.Sprintf("export of %d contacts", size.contacts), peak, exportMost, "MB resident"))
}

// exportFloor reads what an export of all contacts reads, and does nothing with it.
func exportFloor(ctx context.Context, store *dynamo.Store, workspace string, contacts int) error {
	found := 0
	err := store.Walk(ctx, workspace, exporting.Selection{}, "", func(batch []exporting.Record, _ string) error {
		found += len(batch)
		return nil
	})
	if err == nil && found != contacts {
		err = fmt.Errorf("%d contacts of %d", found, contacts)
	}
	return err
}

// exportOnce exports all contacts through the API and returns how long the export itself took.
func (b *bench) exportOnce(ctx context.Context, token string, format exporting.Format, contacts int) (time.Duration, error) {
	var job struct {
		ID, Status            string
		Rows                  int
		StartedAt, FinishedAt time.Time
		Error                 any
	}
	if err := call(ctx, http.MethodPost, b.local.APIURL+"/v1/exports", token, map[string]any{"format": format}, &job); err != nil {
		return 0, err
	}
	for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(200 * time.Millisecond) {
		if err := call(ctx, http.MethodGet, b.local.APIURL+"/v1/exports/"+job.ID, token, nil, &job); err != nil {
			return 0, err
		}
		switch {
		case job.Status == "completed" && job.Rows == contacts:
			return job.FinishedAt.Sub(job.StartedAt), nil
		case job.Status == "completed" || job.Status == "failed":
			return 0, fmt.Errorf("it ended as %+v", job)
		}
	}
	return 0, errors.New("it is not completed after 5 minutes")
}

// customer is a contact that has something in most columns; every tenth has a note.
func customer(workspace string, n int) (contact.Contact, []contact.Note) {
	c := someone(workspace, n)
	c.Company, c.Labels, c.Attributes = "Acme", []string{"VIP", "new"}, map[string]any{"plan": "gold", "seats": float64(n % 100)}
	if n%10 != 0 {
		return c, nil
	}
	id, _ := uuid.NewV7() // fails only without a source of random numbers
	return c, []contact.Note{{ID: id.String(), Text: "Asked for prices", Author: "bench", CreatedAt: c.CreatedAt, UpdatedAt: c.CreatedAt, Version: 1}}
}
