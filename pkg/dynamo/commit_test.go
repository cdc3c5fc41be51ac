package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

var ctx = context.Background()

func chunkOf(rows int) importing.ChunkRef {
	return importing.ChunkRef{Ref: importing.Ref{Workspace: ws, ID: "import-1"}, Number: 17, Rows: rows}
}

// creations are rows that create a usual contact each.
func creations(n int) []importing.Write {
	writes := make([]importing.Write, n)
	for i := range writes {
		c := person(i)
		c.Channel = contact.Import
		writes[i] = importing.Write{Index: i, Outcome: importing.Created, Create: &c}
	}
	return writes
}

func change1(c contact.Contact, edit func(*contact.Contact)) *importing.Update {
	after := c
	edit(&after)
	after.Version++
	return &importing.Update{Before: c, After: after, Activity: contact.Activity{
		At: epoch, Actor: contact.Actor{Type: contact.ByImport, ID: "import-1"}, Action: "updated", Changes: contact.Changes(c, after),
	}}
}

func commitAll(t *testing.T, s *Store, ref importing.ChunkRef, writes []importing.Write) importing.ChunkState {
	t.Helper()
	before, err := s.Chunk(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	state, redo, err := s.Commit(ctx, ref, before, writes)
	if err != nil || len(redo) > 0 {
		t.Fatalf("commit: redo %v, %v", redo, err)
	}
	stored, err := s.Chunk(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stored, state); diff != "" {
		t.Errorf("the state returned is not the one stored: %s", diff)
	}
	return state
}

func TestCommitPacksCreations(t *testing.T) {
	s, m := fresh(t), &meter{}
	state := commitAll(t, s.through(m), chunkOf(100), creations(100))
	if state.Outcomes != strings.Repeat("c", 100) || state.Version != 4 {
		t.Errorf("state %+v", state)
	}
	if want := map[string]int{"TransactWriteItems": 4, "GetItem": 2}; !cmp.Equal(want, m.calls) {
		t.Errorf("calls %v, want %v", m.calls, want)
	}
	if perRow := m.units / 100; perRow > 9.5 {
		t.Errorf("%v units a row", perRow)
	}
}

func TestCommitRecordsEveryOutcome(t *testing.T) {
	s := fresh(t)
	known, twice := person(50), person(51)
	create(t, s, known, twice)
	known, twice = get(t, s, known.ID), get(t, s, twice.ID)
	verdict := &importing.Verdict{Outcome: importing.Rejected, Code: importing.DuplicateContact, Message: "…"}
	first := change1(twice, func(c *contact.Contact) { c.Company = "Acme" })
	writes := append(creations(1),
		importing.Write{Index: 1, Outcome: importing.Updated, Update: change1(known, func(c *contact.Contact) { c.Labels = []string{"x"} })},
		importing.Write{Index: 2, Outcome: importing.Rejected, Verdict: verdict},
		importing.Write{Index: 3, Outcome: importing.Unchanged},
		importing.Write{Index: 4, Outcome: importing.Updated, Update: first},
		importing.Write{Index: 5, Outcome: importing.Updated, Update: change1(first.After, func(c *contact.Contact) { c.Name = "New Name" })},
	)
	writes[1].Notes = []contact.Note{{ID: "n1", Text: "hello", Author: "import-1", CreatedAt: epoch, UpdatedAt: epoch}}
	state := commitAll(t, s, chunkOf(7), writes)
	want := importing.ChunkState{Version: 2, Outcomes: "cufnuu.", Verdicts: map[int]importing.Verdict{2: *verdict}}
	if diff := cmp.Diff(want, state); diff != "" {
		t.Error(diff)
	}
	if got := get(t, s, twice.ID); got.Version != 3 || got.Name != "New Name" || got.Company != "Acme" {
		t.Errorf("two rows of one contact: %+v", got)
	}
	if texts, err := s.NoteTexts(ctx, ws, known.ID); err != nil || texts["hello"] != 1 || len(texts) != 1 {
		t.Errorf("notes %v, %v", texts, err)
	}
	image, err := s.read(ctx, s.tables.Contacts, beforeImageKey(ws, twice.ID, "import-1"))
	if err != nil || image.number("leftVersion") != 3 {
		t.Errorf("before-image %v, %v", image, err)
	}
	if before := image.members("image"); before.text("name") != twice.Name || before.number(attrVersion) != 1 || before.text("company") != "" {
		t.Errorf("the image is not of before the import: %v", before)
	}
	record, err := s.read(ctx, s.tables.Jobs, chunkKey(ws, "import-1", 17))
	if err != nil {
		t.Fatal(err)
	}
	if ids := record.members("contacts1"); ids.text("0") != writes[0].Create.ID || ids.text("1") != known.ID || ids.text("4") != twice.ID || len(ids) != 3 {
		t.Errorf("the record names %v", ids)
	}
}

func TestCommitReturnsRefusedRows(t *testing.T) {
	s := fresh(t)
	writes := creations(40)
	taken, changed := person(900), person(901)
	taken.Email = writes[3].Create.Email
	create(t, s, taken, changed)
	old := get(t, s, changed.ID)
	if err := update(s, old, func(c *contact.Contact) { c.Company = "Acme" }); err != nil {
		t.Fatal(err)
	}
	writes[35] = importing.Write{Index: 35, Outcome: importing.Updated, Update: change1(old, func(c *contact.Contact) { c.Company = "Late" })}
	state, redo, err := s.Commit(ctx, chunkOf(40), importing.ChunkState{}, writes)
	if err != nil || !slices.Equal(redo, []int{3, 35}) {
		t.Fatalf("redo %v, %v", redo, err)
	}
	want := strings.Repeat("c", 3) + "." + strings.Repeat("c", 31) + "." + strings.Repeat("c", 4)
	if state.Outcomes != want {
		t.Errorf("outcomes %s", state.Outcomes)
	}
	if got := get(t, s, changed.ID); got.Company != "Acme" {
		t.Errorf("the refused change was written: %+v", got)
	}
	get(t, s, writes[39].Create.ID)
}

func TestTheSameCommitTwice(t *testing.T) {
	s, writes := fresh(t), creations(50)
	commitAll(t, s, chunkOf(50), writes)
	if _, _, err := s.Commit(ctx, chunkOf(50), importing.ChunkState{}, writes); !errors.Is(err, importing.ErrStale) {
		t.Errorf("a second delivery that read the record before: %v", err)
	}
	state, err := s.Chunk(ctx, chunkOf(50))
	if err != nil {
		t.Fatal(err)
	}
	again, redo, err := s.Commit(ctx, chunkOf(50), state, writes)
	if err != nil || len(redo) > 0 || !cmp.Equal(again, state) {
		t.Errorf("rows that are done: %+v, redo %v, %v", again, redo, err)
	}
}

func TestTwoDeliveriesAtOnce(t *testing.T) {
	for round := range 20 {
		s, writes := fresh(t), creations(80)
		var errs [2]error
		var both sync.WaitGroup
		for i := range errs {
			both.Go(func() { _, _, errs[i] = s.Commit(ctx, chunkOf(80), importing.ChunkState{}, writes) })
		}
		both.Wait()
		for i, err := range errs {
			if err != nil && !errors.Is(err, importing.ErrStale) {
				t.Fatalf("round %d: delivery %d: %v", round, i, err)
			}
		}
		state, err := s.Chunk(ctx, chunkOf(80))
		if err != nil {
			t.Fatal(err)
		}
		done := strings.Count(state.Outcomes, "c")
		if stored := count(t, s, "name"); stored != done || done == 0 {
			t.Fatalf("round %d: %d rows are recorded, %d contacts stored", round, done, stored)
		}
	}
}

// count counts the contacts stored.
func count(t *testing.T, s *Store, attribute string) int {
	n := 0
	for _, it := range everything(t, s, s.tables.Contacts) {
		if it.text(attribute) != "" {
			n++
		}
	}
	return n
}

// A worker may die at any moment; the next delivery reads the record and does what is still pending.
func TestCommitAfterACrash(t *testing.T) {
	for transactions := range 4 {
		s, writes := fresh(t), creations(100)
		done := 0
		dying := &refusing{action: "TransactWriteItems", times: 1 << 30, body: `{"__type":"x#AccessDeniedException","message":"dead"}`,
			after: func() bool { done++; return done > transactions }}
		if _, _, err := s.through(dying).Commit(ctx, chunkOf(100), importing.ChunkState{}, writes); err == nil {
			t.Fatal("the worker did not die")
		}
		state, err := s.Chunk(ctx, chunkOf(100))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(state.Outcomes, "c"); got != min(32*transactions, 100) || got != count(t, s, "name") {
			t.Errorf("%d rows recorded, %d contacts stored", got, count(t, s, "name"))
		}
		state, redo, err := s.Commit(ctx, chunkOf(100), state, writes)
		if err != nil || len(redo) > 0 || state.Outcomes != strings.Repeat("c", 100) || count(t, s, "name") != 100 {
			t.Errorf("the next delivery: %+v, redo %v, %v", state, redo, err)
		}
	}
}

func TestCommitSurvivesLostAnswers(t *testing.T) {
	for _, losses := range []int{1, 3, 6} { // within the tries of a group, with its last, and until it is halved
		t.Run(fmt.Sprint(losses), func(t *testing.T) {
			s, net := fresh(t), &lossy{action: "TransactWriteItems", losses: losses}
			state := commitAll(t, s.through(net), chunkOf(70), creations(70))
			if state.Outcomes != strings.Repeat("c", 70) || state.Version != 3 || net.lost != losses {
				t.Errorf("state %+v after %d losses", state, net.lost)
			}
			if n := count(t, s, "name"); n != 70 {
				t.Errorf("%d contacts", n)
			}
			net.lost = 0
			tally := importing.Totals{Processed: 70, Created: 70}
			if err := s.through(net).Close(ctx, chunkOf(70), state, tally); err != nil {
				t.Error(err)
			}
			if got, err := s.Counted(ctx, chunkOf(70).Ref); err != nil || got != tally {
				t.Errorf("counted %+v, %v", got, err)
			}
		})
	}
}

func TestCommitHalvesWhatConflicts(t *testing.T) {
	s := fresh(t)
	// Whatever holds more than ten rows conflicts, as when other writers are busy with one of many contacts.
	net := &refusing{action: "TransactWriteItems", times: 1 << 30, body: conflict, atLeast: 1 + 3*10}
	state := commitAll(t, s.through(net), chunkOf(32), creations(32))
	if state.Outcomes != strings.Repeat("c", 32) || state.Version != 4 {
		t.Errorf("state %+v", state)
	}
}

// outgrownRow creates a contact as our own export has it after many joins: more labels, identities and attributes than
// a request may bring, and more items than a transaction takes.
func outgrownRow(notes int) ([]importing.Write, contact.Contact) {
	writes := creations(1)
	c := writes[0].Create
	c.Labels, c.Identities, c.Attributes = labelsNamed("label ", 120), identities(60), map[string]any{}
	for n := range 130 {
		c.Attributes[fmt.Sprint("k", n)] = strings.Repeat("v", 1_000)
	}
	for n := range notes {
		note := contact.Note{ID: uuid.NewString(), Text: fmt.Sprint(n), CreatedAt: epoch, UpdatedAt: epoch}
		writes[0].Notes = append(writes[0].Notes, note)
	}
	return writes, *c
}

func TestCommitOfARowOfManyLabelsAndIdentities(t *testing.T) {
	for name, transport := range map[string]func() http.RoundTripper{
		"in peace":              func() http.RoundTripper { return http.DefaultTransport },
		"a lost answer":         func() http.RoundTripper { return &lossy{action: "TransactWriteItems", losses: 1} },
		"several lost answers":  func() http.RoundTripper { return &lossy{action: "TransactWriteItems", losses: 4} },
		"the writer dies after": func() http.RoundTripper { return dying{`"ConditionCheck":`} },
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			writes, want := outgrownRow(0)
			state := commitAll(t, s.through(transport()), chunkOf(1), writes)
			if state.Outcomes != "c" || state.Version != 1 {
				t.Errorf("%+v", state)
			}
			got := get(t, s, want.ID)
			sizes := [4]int{len(got.Labels), len(got.Identities), len(got.Attributes), count(t, s, "name")}
			if sizes != [4]int{120, 60, 130, 1} {
				t.Errorf("labels, identities, attributes and contacts are %d", sizes)
			}
			verified(t, s)
			if _, err := s.CleanUp(ctx); err != nil {
				t.Error(err)
			}
			verified(t, s)
			if followUpTickets(t, s) > 0 || found(t, s, "label 0") != 1 || found(t, s, "label 119") != 1 {
				t.Error("the lists by label do not show the contact")
			}
		})
	}
}

// Importing refuses rows of more claims before they come here.
func TestCommitOfARowOfAsManyClaimsAsFit(t *testing.T) {
	s := fresh(t)
	writes, want := outgrownRow(0)
	writes[0].Create.Identities = identities(95) // with e-mail and phone
	if state := commitAll(t, s, chunkOf(1), writes); state.Outcomes != "c" || len(get(t, s, want.ID).Identities) != 95 {
		t.Errorf("%+v", state)
	}
	verified(t, s)
}

// Two such rows in one chunk, one with notes, a change of one of them, and one that no transaction can hold.
func TestCommitOfSeveralOutgrownRows(t *testing.T) {
	s := fresh(t)
	one, first := outgrownRow(150)
	two, second := outgrownRow(0)
	three, _ := outgrownRow(0)
	second.Email, second.Phone = "second@example.com", "+22997123456"
	for n := range second.Identities {
		second.Identities[n].ExternalID += " of another"
	}
	*two[0].Create = second
	three[0].Create.Email, three[0].Create.Phone, three[0].Create.Identities = "", "", identities(300)[60:]
	two[0].Index, three[0].Index = 1, 2
	state := commitAll(t, s, chunkOf(3), slices.Concat(one, two, three))
	if state.Outcomes != "ccf" || state.Verdicts[2].Code != importing.ValueTooLong {
		t.Errorf("%+v", state)
	}
	if texts, err := s.NoteTexts(ctx, ws, first.ID); err != nil || len(texts) != 150 {
		t.Errorf("%d notes, %v", len(texts), err)
	}
	changed := importing.Write{Outcome: importing.Updated, Update: change1(get(t, s, second.ID), func(c *contact.Contact) {
		c.Labels = slices.Concat(c.Labels, labelsNamed("more ", 110))
	})}
	next := chunkOf(1)
	next.Number++
	if state := commitAll(t, s, next, []importing.Write{changed}); state.Outcomes != "u" {
		t.Errorf("%+v", state)
	}
	if found(t, s, "label 119") != 2 || found(t, s, "more 109") != 1 || followUpTickets(t, s) > 0 {
		t.Error("the lists by label do not show the contacts")
	}
	verified(t, s)
}

func TestALargeRowIsWrittenWhole(t *testing.T) {
	s, writes := fresh(t), creations(1)
	c := writes[0].Create
	c.Name = "one two three four five six seven eight nine"
	for i := range 40 {
		c.Labels = append(c.Labels, fmt.Sprintf("label %d", i))
	}
	c.Identities = identities(contact.MaxIdentities)
	for i := range 260 {
		writes[0].Notes = append(writes[0].Notes, contact.Note{
			ID: uuid.NewString(), Text: fmt.Sprint(i, strings.Repeat("ä", 9000)), CreatedAt: epoch.Add(time.Duration(i)), UpdatedAt: epoch,
		})
	}
	commitAll(t, s, chunkOf(1), writes)
	if texts, err := s.NoteTexts(ctx, ws, c.ID); err != nil || len(texts) != 260 {
		t.Errorf("%d notes, %v", len(texts), err)
	}

	refused := creations(1)
	refused[0].Create.Email, refused[0].Notes = c.Email, writes[0].Notes
	ref := chunkOf(1)
	ref.Number++
	if _, redo, err := s.Commit(ctx, ref, importing.ChunkState{}, refused); err != nil || len(redo) != 1 {
		t.Errorf("redo %v, %v", redo, err)
	}
	if texts, err := s.NoteTexts(ctx, ws, refused[0].Create.ID); err != nil || len(texts) != 0 {
		t.Errorf("a refused row left %d notes, %v", len(texts), err)
	}
}
