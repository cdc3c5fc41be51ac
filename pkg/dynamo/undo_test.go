package dynamo

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

func fileRow(n int, edit func(*importing.Row)) importing.Row {
	r := importing.Row{Number: n, Name: "Row Of File", Email: fmt.Sprintf("row%d@example.com", n), Cells: []string{"x"}}
	if edit != nil {
		edit(&r)
	}
	return r
}

// known creates a contact with all that an update may move.
func known(t *testing.T, s *Store) contact.Contact {
	c := lived(t, s)
	c, err := s.Get(ctx, ws, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := update(s, c, func(c *contact.Contact) {
		c.Attributes, c.Identities = map[string]any{"plan": "gold", "seats": 5.0}, []contact.Identity{{Channel: contact.WhatsApp, AccountID: "1", ExternalID: "2", FirstSeenAt: epoch, LastSeenAt: epoch}}
	}); err != nil {
		t.Fatal(err)
	}
	return get(t, s, c.ID)
}

// reaching are rows that reach a contact and change everything that a row can: two of them, by e-mail and by phone.
func reaching(c contact.Contact) []importing.Row {
	return []importing.Row{
		fileRow(2, func(r *importing.Row) {
			r.Email, r.Name, r.Company, r.Labels, r.Notes = strings.ToUpper(c.Email[:1])+c.Email[1:], "Five Words Of A Name", "Other Inc", []string{"added", "VIP"}, []string{"one", "two"}
			r.Attributes = map[string]any{"plan": "silver", "more": true}
		}),
		fileRow(3, func(r *importing.Row) {
			r.Email, r.Phone, r.Name, r.Labels, r.Notes = "", c.Phone, "Another", []string{"second"}, []string{"three"}
		}),
	}
}

func TestAnUndoRestoresEveryItem(t *testing.T) {
	s := fresh(t)
	c, w := known(t, s), workbenchOn(t, s)
	before := stored(t, s)
	rows := reaching(c)
	for n := range 120 {
		rows = append(rows, fileRow(n+4, func(r *importing.Row) {
			r.Name, r.Company, r.Labels, r.Notes, r.Phone = "One Two Three Four", "Acme", []string{"VIP"}, []string{"a note"}, fmt.Sprintf("+2011%08d", n)
		}))
	}
	ref := w.imported("i-1", rows...)
	if n := len(stored(t, s)); n < len(before)+120*8 {
		t.Fatalf("only %d items", n)
	}
	w.at = w.at.Add(time.Hour)
	job := w.undone(ref, nil)
	w.same(before)
	if want := (importing.UndoTotals{Chunks: 2, Undone: 122}); job.Undo != want || job.UndoChunks != 2 || job.HasReport {
		t.Errorf("%+v", job)
	}
	if want := (importing.Totals{Rows: 122, Processed: 122, Created: 120, Updated: 2}); job.Totals != want {
		t.Errorf("%+v", job.Totals)
	}
	if after := get(t, s, c.ID); after.Version != c.Version+3 || !after.UpdatedAt.Equal(w.at) {
		t.Errorf("version %d, changed at %s", after.Version, after.UpdatedAt)
	}
	activities, _, err := s.Activities(ctx, ws, c.Owners(), 10, "")
	if err != nil || activities[0].Action != "import_undone" || activities[0].Actor != (contact.Actor{Type: contact.ByImport, ID: "i-1"}) || len(activities[0].Changes) < 8 {
		t.Errorf("%+v, %v", activities, err)
	}
}

func TestAnUndoSurvivesTheNetwork(t *testing.T) {
	for name, transport := range map[string]http.RoundTripper{
		"lost transactions": &lossy{action: "TransactWriteItems", losses: 20}, "lost records": &lossy{action: "UpdateItem", losses: 3},
		"lost removals": &lossy{action: "BatchWriteItem", losses: 5}, "throttled": &refusing{action: "TransactWriteItems", times: 6, body: throttled},
		"conflicts": &refusing{action: "TransactWriteItems", times: 10, body: conflict},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			c, w := known(t, s), workbenchOn(t, s)
			before := stored(t, s)
			rows := reaching(c)
			for n := range 10 {
				rows = append(rows, fileRow(n+4, nil))
			}
			ref := w.imported("i-1", rows...)
			if job := w.undone(ref, transport); job.Undo.Undone != 12 || job.Undo.Kept != 0 {
				t.Errorf("%+v", job.Undo)
			}
			w.same(before)
		})
	}
}

// One delivery dies after so many writes; the next finds in the contacts what was done.
func TestAnUndoAfterACrash(t *testing.T) {
	for _, action := range []string{"TransactWriteItems", "UpdateItem", "BatchWriteItem"} {
		for after := range 6 {
			s := fresh(t)
			c, w := known(t, s), workbenchOn(t, s)
			before := stored(t, s)
			ref := w.imported("i-1", append(reaching(c), fileRow(4, nil), fileRow(5, nil))...)
			messages := w.begun(ref)
			done := 0
			_, dying := w.on(&refusing{action: action, times: 1 << 30, body: `{"__type":"x#AccessDeniedException","message":"dead"}`, after: func() bool { done++; return done > after }})
			_, dyingErr := dying.Handle(ctx, importing.Delivery{Body: messages[0], Receives: 1})
			_, writer := w.on(nil)
			if _, err := writer.Handle(ctx, importing.Delivery{Body: messages[0], Receives: 2}); err != nil {
				t.Fatalf("%s, %d: %v after %v", action, after, err, dyingErr)
			}
			if _, err := s.CleanUp(ctx); err != nil { // as the sweep does
				t.Fatal(err)
			}
			if job := w.ended(ref); job.Undo != (importing.UndoTotals{Chunks: 1, Undone: 4}) {
				t.Errorf("%s, %d: %+v", action, after, job.Undo)
			}
			w.same(before)
		}
	}
}

func TestDeliveriesOfAnUndoAtOnce(t *testing.T) {
	for range 5 {
		s := fresh(t)
		c, w := known(t, s), workbenchOn(t, s)
		before := stored(t, s)
		rows := reaching(c)
		for n := range 40 {
			rows = append(rows, fileRow(n+4, nil))
		}
		ref := w.imported("i-1", rows...)
		messages := w.begun(ref)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				_, writer := w.on(nil)
				if _, err := writer.Handle(ctx, importing.Delivery{Body: messages[0], Receives: 1}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if job := w.ended(ref); job.Undo != (importing.UndoTotals{Chunks: 1, Undone: 42}) {
			t.Errorf("%+v", job.Undo)
		}
		w.same(before)
	}
}

func TestWhatIsNotTheImportsAnyMoreIsKept(t *testing.T) {
	s := fresh(t)
	w := workbenchOn(t, s)
	edited, robbed, gone, quiet := person(1), person(2), person(3), person(4)
	create(t, s, edited, robbed, gone, quiet)
	change := func(c contact.Contact) importing.Row {
		return fileRow(int(c.Email[6]-'0')+1, func(r *importing.Row) { r.Email, r.Phone, r.Company = c.Email, "", "Imported" })
	}
	robbing := change(robbed)
	robbing.Email, robbing.Phone = "new@example.com", robbed.Phone
	ref := w.imported("i-1", change(edited), robbing, change(gone), change(quiet), fileRow(6, nil), fileRow(7, nil), fileRow(8, nil))
	id := func(n int) string { return importing.ContactID("i-1", n) }

	if err := update(s, get(t, s, edited.ID), func(c *contact.Contact) { c.Labels = []string{"by hand"} }); err != nil {
		t.Fatal(err)
	}
	thief := person(9)
	thief.Email = robbed.Email
	create(t, s, thief)
	if err := s.Delete(ctx, get(t, s, gone.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := service(s).AddNote(ctx, ws, id(6), user, "by hand", nil); err != nil {
		t.Fatal(err)
	}
	touch := &breaker{t, s} // an event moves no version
	for _, spoken := range []string{quiet.ID, id(7)} {
		touch.write(s.tables.Contacts, contactKey(ws, spoken), func(it item) {
			it["lastInteractionAt"] = text(stamp(epoch))
			it["spokenShard"], it["spokenKey"] = text(spokenShard(ws, it.number("shard"))), text(timeSort(stamp(epoch), spoken))
			it[attrWriteID] = text(newWriteID())
		})
		wardOn(t, s).converse(get(t, s, spoken), "with "+spoken)
	}
	keep := map[string]contact.Contact{}
	for _, who := range []string{edited.ID, robbed.ID, id(6), id(7)} {
		keep[who] = get(t, s, who)
	}

	job := w.undone(ref, nil)
	if want := (importing.UndoTotals{Chunks: 1, Undone: 3, Kept: 4}); job.Undo != want {
		t.Errorf("%+v", job.Undo)
	}
	for who, want := range keep {
		if diff := cmp.Diff(want, get(t, s, who)); diff != "" {
			t.Error(diff)
		}
	}
	if got := get(t, s, quiet.ID); got.Company != "" || got.ConversationCount != 1 || !got.LastInteractionAt.Equal(epoch) || got.Version != 3 {
		t.Errorf("%+v", got)
	}
	lines := w.report(ref)
	for i, want := range []string{
		",2,kept,edited_since,Contact " + edited.ID + " was edited", `,3,kept,edited_since,"The e-mail that contact ` + robbed.ID + " had before the import belongs to contact " + thief.ID,
		",6,kept,edited_since,Contact " + id(6) + " was edited", ",7,kept,edited_since,Somebody has spoken with contact " + id(7),
	} {
		if i >= len(lines) || !strings.HasPrefix(strings.ReplaceAll(lines[i], `,"Contact`, ",Contact"), want) && !strings.HasPrefix(strings.ReplaceAll(strings.ReplaceAll(lines[i], `,"Contact`, ",Contact"), `,"Somebody`, ",Somebody"), want) {
			t.Errorf("line %d of %q, want %s", i, lines, want)
		}
	}
}

// What reads a contact before an event touches it must not write over the event.
func TestAnEventDuringTheUndoIsSeen(t *testing.T) {
	s := fresh(t)
	w, c := workbenchOn(t, s), person(1)
	create(t, s, c)
	ref := w.imported("i-1", fileRow(2, func(r *importing.Row) { r.Email, r.Company = c.Email, "Imported" }), fileRow(3, nil))
	made := importing.ContactID("i-1", 3)
	seen, err := s.Touched(ctx, ref, []string{c.ID, made})
	if err != nil || len(seen) != 2 || seen[c.ID].Left != 2 || seen[made].Before != nil {
		t.Fatalf("%+v, %v", seen, err)
	}
	for _, id := range []string{c.ID, made} {
		(&breaker{t, s}).write(s.tables.Contacts, contactKey(ws, id), func(it item) { it[attrWriteID] = text("an event") })
	}
	before := stored(t, s)
	if err := s.RemoveImported(ctx, seen[made].Contact, false); err != importing.ErrStale { //nolint:errorlint // as it is given
		t.Error(err)
	}
	now := seen[c.ID].Contact
	if err := s.RestoreImported(ctx, ref, seen[c.ID], importing.Update{Before: now, After: now}, nil); err != importing.ErrStale { //nolint:errorlint // as it is given
		t.Error(err)
	}
	w.same(before)
}

// Two imports are undone one after the other, the later first: what the second undo finds is what the first import left.
func TestImportsAreUndoneInTurn(t *testing.T) {
	s := fresh(t)
	c, w := known(t, s), workbenchOn(t, s)
	before := stored(t, s)
	first := w.imported("i-1", append(reaching(c), fileRow(4, nil), fileRow(5, nil))...)
	between := stored(t, s)
	w.at = w.at.Add(time.Minute)
	later := func(r *importing.Row) { r.Company, r.Notes = "Later", []string{"later"} }
	rows := []importing.Row{fileRow(4, later), fileRow(5, later), fileRow(6, func(r *importing.Row) { r.Email = c.Email; later(r) })}
	second, third := w.imported("i-2", rows...), w.imported("i-3", fileRow(4, func(r *importing.Row) { r.Company = "Last" }))
	w.undone(third, nil)
	if job := w.undone(second, nil); job.Undo.Kept != 0 {
		t.Fatalf("%q", w.report(second))
	}
	for k, it := range stored(t, s) {
		if was := between[k]; !strings.Contains(k.sk, "#B#") && !reflect.DeepEqual(was, it) {
			t.Errorf("%v was %v and is %v", k, was, it)
		}
	}
	if job := w.undone(first, nil); job.Undo.Kept != 0 {
		t.Errorf("%q", w.report(first))
	}
	w.same(before)
}

// More notes than a transaction holds go after it; a crash between is made up for, and nobody takes the undo for an edit.
func TestAnUndoOfManyNotes(t *testing.T) {
	s := fresh(t)
	c, w := known(t, s), workbenchOn(t, s)
	before := stored(t, s)
	ref := w.imported("i-1", fileRow(2, func(r *importing.Row) {
		r.Email = c.Email
		for n := range 260 {
			r.Notes = append(r.Notes, fmt.Sprint("note of the file ", n))
		}
	}))
	messages := w.begun(ref)
	_, dying := w.on(&refusing{action: "BatchWriteItem", times: 1 << 30, body: `{"__type":"x#AccessDeniedException","message":"dead"}`})
	if _, err := dying.Handle(ctx, importing.Delivery{Body: messages[0], Receives: 1}); err == nil {
		t.Fatal("the worker did not die")
	}
	if seen, err := s.Touched(ctx, ref, []string{c.ID}); err != nil || !seen[c.ID].Restored {
		t.Fatalf("%+v, %v", seen, err)
	}
	if err := update(s, get(t, s, c.ID), func(c *contact.Contact) { c.Company = "By hand" }); err != nil {
		t.Fatal(err)
	}
	_, writer := w.on(nil)
	if _, err := writer.Handle(ctx, importing.Delivery{Body: messages[0], Receives: 2}); err != nil {
		t.Fatal(err)
	}
	if job := w.ended(ref); job.Undo != (importing.UndoTotals{Chunks: 1, Undone: 1}) {
		t.Errorf("%+v", job.Undo)
	}
	if err := update(s, get(t, s, c.ID), func(after *contact.Contact) { after.Company = c.Company }); err != nil {
		t.Fatal(err)
	}
	w.same(before)
}

// Identities that an import added go; those gained since stay.
func TestIdentitiesThatAnImportAdded(t *testing.T) {
	s := fresh(t)
	c := known(t, s)
	w := workbenchOn(t, s)
	had, added := c.Identities, []contact.Identity{{Channel: contact.Telegram, AccountID: "1", ExternalID: "x"}, {Channel: contact.SMS, AccountID: "1", ExternalID: "y"}}
	ref := w.imported("i-1", fileRow(2, nil)) // so that there is an import
	now := c
	for _, one := range added {
		u := change1(now, func(c *contact.Contact) { c.Identities = append(slices.Clone(c.Identities), one) })
		commitAll(t, s, importing.ChunkRef{Ref: ref, Number: now.Version + 100, Rows: 1}, []importing.Write{{Outcome: importing.Updated, Update: u}})
		now = get(t, s, c.ID)
	}
	seen, err := s.Touched(ctx, ref, []string{c.ID})
	if diff := cmp.Diff(added, seen[c.ID].Identities); diff != "" || err != nil || seen[c.ID].Mixed {
		t.Fatal(diff, err)
	}
	gained := contact.Identity{Channel: contact.Instagram, AccountID: "1", ExternalID: "z"}
	(&breaker{t, s}).write(s.tables.Contacts, contactKey(ws, c.ID), func(it item) {
		if err := it.setJSON("identities", identityRecords(append(slices.Clone(now.Identities), gained))); err != nil {
			t.Error(err)
		}
	})
	for _, taken := range claims(get(t, s, c.ID)) {
		(&breaker{t, s}).set(taken.key, attrContactID, c.ID)
	}
	w.undone(ref, nil)
	if diff := cmp.Diff(append(slices.Clone(had), gained), get(t, s, c.ID).Identities); diff != "" {
		t.Error(diff)
	}
}

func TestTheRecordOfAnUndo(t *testing.T) {
	s := fresh(t)
	w := workbenchOn(t, s)
	ref := w.imported("i-1", fileRow(2, nil), fileRow(3, func(r *importing.Row) {
		r.Verdict = &importing.Verdict{Outcome: importing.Rejected, Code: importing.InvalidEmail}
	}), fileRow(4, nil))
	chunk := importing.ChunkRef{Ref: ref, Number: 0, Rows: 3}
	state, err := s.UndoChunk(ctx, chunk)
	contacts := map[int]importing.RowContact{0: {ID: importing.ContactID("i-1", 2), Row: 2}, 2: {ID: importing.ContactID("i-1", 4), Row: 4}}
	if diff := cmp.Diff(contacts, state.Contacts); diff != "" || err != nil || state.Outcomes != "cfc" || state.Undone != "" {
		t.Fatalf("%+v, %v %s", state, err, diff)
	}
	after := state
	after.Undone, after.Kept = "x-k", map[int]importing.Verdict{2: {Outcome: importing.Kept, Code: importing.EditedSince, Message: "m"}}
	saved, err := s.SaveUndo(ctx, chunk, state, after)
	if read, readErr := s.UndoChunk(ctx, chunk); err != nil || readErr != nil || !cmp.Equal(saved, read) || saved.Version != state.Version+1 {
		t.Errorf("%+v is stored as %+v, %v, %v", saved, read, err, readErr)
	}
	if _, err := s.SaveUndo(ctx, chunk, state, after); err != importing.ErrStale { //nolint:errorlint // as it is given
		t.Error(err)
	}
	tally := importing.UndoTotals{Chunks: 1, Undone: 1, Kept: 1}
	if err := s.CountUndo(ctx, chunk, state, tally); err != importing.ErrStale { //nolint:errorlint // as it is given
		t.Error(err)
	}
	counted := s.through(&lossy{action: "TransactWriteItems", losses: 2})
	for range 3 {
		if err := counted.CountUndo(ctx, chunk, saved, tally); err != nil {
			t.Error(err)
		}
	}
	if got, err := s.UndoCounted(ctx, ref); err != nil || got != tally {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Counted(ctx, ref); err != nil || got != (importing.Totals{Processed: 3, Created: 2, Failed: 1}) {
		t.Errorf("the import's totals are %+v, %v", got, err)
	}
	if got, err := s.ChunksToUndo(ctx, ref); err != nil || !cmp.Equal(got, map[int]bool{0: true}) {
		t.Errorf("%v, %v", got, err)
	}
	if none, err := s.UndoChunk(ctx, importing.ChunkRef{Ref: ref, Number: 7}); err != nil || none.Version != 0 {
		t.Errorf("%+v, %v", none, err)
	}
	record, err := s.read(ctx, s.tables.Jobs, chunkKey(ws, "i-1", 0))
	if _, flagged := record["closed"].(*types.AttributeValueMemberBOOL); err != nil || !flagged {
		t.Errorf("%v, %v", record, err)
	}
}

// A new contact costs to undo what it cost to make, and two reads.
func TestAnUndoCosts(t *testing.T) {
	s, m := fresh(t), &meter{}
	w := workbenchOn(t, s)
	var rows []importing.Row
	for n := range 100 {
		rows = append(rows, fileRow(n+2, func(r *importing.Row) { r.Name, r.Phone = "Two Words", fmt.Sprintf("+2010%08d", n) }))
	}
	w.undone(w.imported("i-1", rows...), m)
	if perRow := m.units / 100; perRow > 11.5 {
		t.Errorf("%v units a row, calls %v", perRow, m.calls)
	}
}

// A request that was opened and deleted moves no version and counts no more, but its tombstone names the contact.
func TestAnUndoReleasesTheTombstoneOfARequest(t *testing.T) {
	s := fresh(t)
	w := workbenchOn(t, s)
	ref := w.imported("i-1", fileRow(2, nil), fileRow(3, nil))
	made := everybody(t, s)
	ward := wardOn(t, s)
	for _, e := range []channel.Event{
		event(channel.Opened, "r1", 1, of(made[0])), event(channel.Deleted, "r1", 2, of(made[0])), event(channel.Deleted, "r2", 3, of(made[1])),
	} {
		if err := ward.ApplyRequest(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	if job := w.undone(ref, nil); job.Undo.Undone != 2 {
		t.Errorf("%+v", job.Undo)
	}
	cleaned(t, s)
	for _, it := range everything(t, s, s.tables.Timeline) {
		if it.text(attrContactID) != "" {
			t.Errorf("%v still names contact %s", it.key(), it.text(attrContactID))
		}
	}
	verified(t, s)
}
