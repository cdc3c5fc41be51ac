package importing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/occ/contacts/pkg/contact"
)

var mona = contact.Contact{
	ID: "mona", Name: "Mona", Email: "Mona@example.com", Phone: "+201001234567", Company: "Acme", Channel: contact.WhatsApp, Labels: []string{"VIP", "old"},
	Attributes: map[string]any{"plan": "gold", "seats": 5.0}, NamedBy: contact.ByUser, CreatedBy: contact.Actor{Type: contact.ByUser, ID: "sub-1"},
}

func TestARowBecomesAContact(t *testing.T) {
	w := newWorld(t)
	job := w.importFile(UpdateKnown, "name,email,phone,company,labels,notes,channel,createdAt,attr.plan,attr.seats",
		`Mona Adel,Mona@EXAMPLE.com,+20 100 123 4567,Acme,VIP;vip;new,"[""one"",""two""]",sms,2020-02-03,gold,5`)
	id := ContactID(job.ID, 2)
	by := contact.Actor{Type: contact.ByImport, ID: job.ID}
	want := map[string]contact.Contact{"demo/" + id: {
		Workspace: demo, ID: id, Name: "Mona Adel", Email: "Mona@example.com", Phone: "+201001234567", Company: "Acme", Channel: contact.SMS, Labels: []string{"VIP", "new"},
		Attributes: map[string]any{"plan": "gold", "seats": 5.0}, CreatedAt: time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC), UpdatedAt: dawn, Version: 1, CreatedBy: by, NamedBy: contact.ByImport, PhoneBy: contact.ByImport, EmailBy: contact.ByImport,
	}}
	if diff := cmp.Diff(want, w.contacts); diff != "" || job.Totals.Created != 1 {
		t.Error(diff, job.Totals)
	}
	notes := slices.SortedFunc(maps.Values(w.notes["demo/"+id]), func(a, b contact.Note) int { return strings.Compare(a.ID, b.ID) })
	at := dawn.Add(time.Millisecond)
	wantNotes := []contact.Note{{Text: "one", Author: "bucket", CreatedAt: dawn, UpdatedAt: dawn}, {Text: "two", Author: "bucket", CreatedAt: at, UpdatedAt: at}}
	if diff := cmp.Diff(wantNotes, notes, cmpopts.IgnoreFields(contact.Note{}, "ID")); diff != "" {
		t.Error(diff)
	}
}

// An update brings what is new and blanks nothing; channel, time of creation and the first spelling of labels stay.
func TestAKnownContactIsUpdated(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	w.keepNote(contact.Contact{Workspace: demo, ID: "mona"}, contact.Note{ID: "1", Text: "there"})
	before := w.contacts["demo/mona"]
	w.pass(time.Hour)
	job := w.importFile(UpdateKnown, "name,email,phone,company,labels,notes,channel,createdAt,attr.plan,attr.Plan,attr.seats",
		`Mona Adel,mona@example.com,,,vip;new,"[""there"",""new note""]",sms,2020-02-03,silver,x,`)
	want := before
	want.Name, want.Email, want.Labels, want.NamedBy, want.EmailBy = "Mona Adel", "mona@example.com", []string{"VIP", "old", "new"}, contact.ByImport, contact.ByImport
	want.Attributes = map[string]any{"plan": "silver", "Plan": "x", "seats": 5.0}
	want.Version, want.UpdatedAt = 2, dawn.Add(time.Hour)
	if diff := cmp.Diff(map[string]contact.Contact{"demo/mona": want}, w.contacts); diff != "" || job.Totals.Updated != 1 {
		t.Error(diff, job.Totals)
	}
	if len(w.notes["demo/mona"]) != 2 {
		t.Errorf("%+v", w.notes)
	}
	changes := []contact.Change{
		{Field: "name", From: "Mona", To: "Mona Adel"}, {Field: "email", From: "Mona@example.com", To: "mona@example.com"}, {Field: "labels", To: "new"},
		{Field: "attr.Plan", To: "x"}, {Field: "attr.plan", From: "gold", To: "silver"}, {Field: "notes", To: "new note"},
	}
	activity := contact.Activity{At: dawn.Add(time.Hour), Actor: contact.Actor{Type: contact.ByImport, ID: job.ID}, Action: "updated", Changes: changes}
	if diff := cmp.Diff([]contact.Activity{activity}, w.history); diff != "" {
		t.Error(diff)
	}
}

func TestNothingNewChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	lines := []string{"name,email,phone,labels,notes", "Mona,Mona@EXAMPLE.com,+201001234567,vip,hello"}
	if job := w.importFile(UpdateKnown, lines...); job.Totals.Updated != 1 || w.contacts["demo/mona"].Version != 2 || len(w.notes["demo/mona"]) != 1 {
		t.Fatalf("%+v, %+v", job.Totals, w.contacts)
	}
	job := w.importFile(UpdateKnown, lines...)
	if job.Totals != (Totals{Rows: 1, Processed: 1, Updated: 1}) || w.contacts["demo/mona"].Version != 2 || len(w.notes["demo/mona"]) != 1 || len(w.history) != 1 {
		t.Errorf("%+v, %+v, %+v", job.Totals, w.contacts, w.history)
	}
}

func TestWhoIsKnownByWhatInEveryMode(t *testing.T) {
	ali := contact.Contact{ID: "ali", Name: "Ali", Email: "ali@example.com"}
	lea := contact.Contact{ID: "lea", Name: "Lea", Phone: "+201001234568"}
	for row, want := range map[string][3]string{ // update, skip, reject
		"New,new@example.com,+201001234569":                   {"created", "created", "created"},
		"Ali,ALI@example.com,":                                {"updated", "skipped duplicate_contact", "failed duplicate_contact"},
		"Lea Q,,00201001234568":                               {"updated", "skipped duplicate_contact", "failed duplicate_contact"},
		"Ali with another phone,ali@example.com,+12015550123": {"updated", "skipped duplicate_contact", "failed duplicate_contact"},
		"Mona,mona@example.com,+201001234567":                 {"updated", "skipped duplicate_contact", "failed duplicate_contact"},
		"of two,ali@example.com,+201001234568":                {"failed duplicate_contact", "failed duplicate_contact", "failed duplicate_contact"},
		"of two,mona@example.com,+201001234568":               {"failed duplicate_contact", "failed duplicate_contact", "failed duplicate_contact"},
	} {
		for i, mode := range []OnDuplicate{UpdateKnown, SkipKnown, RejectKnown} {
			w := newWorld(t)
			w.know(mona, ali, lea)
			job := w.importFile(mode, "name,email,phone", row)
			got := strings.Join(w.reasons(job), "")
			switch job.Totals {
			case Totals{Rows: 1, Processed: 1, Created: 1}:
				got = "created"
			case Totals{Rows: 1, Processed: 1, Updated: 1}:
				got = "updated"
			}
			if strings.TrimPrefix(got, "2 ") != want[i] {
				t.Errorf("%s, %s: %s, want %s", row, mode, got, want[i])
			}
			if created := strings.HasPrefix(got, "created"); len(w.contacts) != 3 && !created || len(w.history) > 0 != (got == "updated") {
				t.Errorf("%s, %s: %+v", row, mode, w.contacts)
			}
		}
	}
}

// The labels of the import go to created and updated contacts alike, and to nobody else's.
func TestLabelsOfTheImport(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	job := started(w) // with a label
	if _, err := w.arrived(w.put(job.Key, "name,email,labels\nMona,mona@example.com,new\nAli,ali@example.com,FAIR;new\nLea,lea@,\n", nil)); err != nil {
		t.Fatal(err)
	}
	w.settle()
	for name, want := range map[string][]string{"Mona": {"VIP", "old", "new", "fair"}, "Ali": {"FAIR", "new"}} {
		if diff := cmp.Diff(want, w.named(name)[0].Labels); diff != "" {
			t.Error(name, diff)
		}
	}
}

// What a contact that is found by the one has of the other is replaced, and free for others.
func TestAnUpdateMovesClaims(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	w.importFile(UpdateKnown, "name,email,phone", "Mona,new@example.com,+201001234567")
	w.importFile(UpdateKnown, "name,email,phone", "Other,mona@example.com,")
	if len(w.contacts) != 2 || w.contacts["demo/mona"].Email != "new@example.com" || len(w.named("Other")) != 1 {
		t.Errorf("%+v", w.contacts)
	}
}

func TestLimitsOfWhatTheContactWouldHave(t *testing.T) {
	many := func(n int) (labels []string, attributes map[string]any) {
		attributes = map[string]any{}
		for i := range n {
			labels, attributes[fmt.Sprint(i)] = append(labels, fmt.Sprint(i)), true
		}
		return labels, attributes
	}
	forty, _ := many(40)
	hundred := mona
	_, hundred.Attributes = many(100)
	joined := mona
	joined.Labels, _ = many(45) // a join or a channel event may bring more than 40
	heavy := mona
	heavy.Attributes = map[string]any{}
	for i := range 65 {
		heavy.Attributes[fmt.Sprint(i)] = strings.Repeat("x", 2000)
	}
	full := mona
	full.Labels = forty
	for name, test := range map[string]struct {
		known  contact.Contact
		header string
		cell   string
		fails  bool
	}{
		"a 41st label":                    {full, "labels", "new", true},
		"a label that is there":           {full, "labels", "39", false},
		"a 46th label":                    {joined, "labels", "new", true},
		"labels beyond 40 that are there": {joined, "labels", "44", false},
		"another field beside them":       {joined, "company", "New", false},
		"a 101st attribute":               {hundred, "attr.new", "x", true},
		"another value of one of 100":     {hundred, "attr.7", "x", false},
		"too large altogether":            {heavy, "attr.new", strings.Repeat("x", 2000), true},
		"large":                           {heavy, "attr.0", "x", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.know(test.known)
			job := w.importFile(UpdateKnown, "name,email,"+test.header, "Mona,mona@example.com,"+test.cell)
			if test.fails != (job.Totals.Failed == 1) || test.fails && w.reasons(job)[0] != "2 failed value_too_long" || test.fails == (w.contacts["demo/mona"].Version == 2) {
				t.Errorf("%+v, %v", job.Totals, w.reasons(job))
			}
		})
	}
}

func TestTwoRowsThatReachOneContact(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	job := w.importFile(UpdateKnown, "name,email,phone,labels", "Mona,mona@example.com,,one", "Mona,,+201001234567,two", "Ali,ali@example.com,,three")
	if job.Totals != (Totals{Rows: 3, Processed: 3, Created: 1, Updated: 2}) {
		t.Errorf("%+v", job.Totals)
	}
	if diff := cmp.Diff([]string{"VIP", "old", "one", "two"}, w.contacts["demo/mona"].Labels); diff != "" || w.contacts["demo/mona"].Version != 3 {
		t.Error(diff)
	}
}

// What others do between the look-up and the write is found out by the write, and decided again.
func TestOthersAreFasterThanAWrite(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(w *world)
		want      Totals
	}{
		"somebody takes the e-mail": {func(w *world) { w.know(contact.Contact{ID: "2", Email: "new@example.com"}) }, Totals{Created: 1, Updated: 2}},
		"somebody changes a contact": {func(w *world) {
			c := w.contacts["demo/mona"]
			c.Version, c.Company = 2, "Changed"
			w.keep(c)
		}, Totals{Created: 2, Updated: 1}},
		"somebody deletes a contact": {func(w *world) {
			delete(w.contacts, "demo/mona")
			clear(w.claims)
		}, Totals{Created: 3}},
		"e-mail and phone of two": {func(w *world) {
			w.know(contact.Contact{ID: "2", Email: "new@example.com"}, contact.Contact{ID: "3", Phone: "+201001234568"})
		}, Totals{Created: 1, Updated: 1, Failed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.know(mona)
			done := false
			w.strike = func(call string) fault {
				if call == "Commit" && !done {
					done = true
					test.meanwhile(w)
				}
				return noFault
			}
			job := w.importFile(UpdateKnown, "name,email,phone,labels", "Mona,mona@example.com,,x", "New,new@example.com,+201001234568,", "Ali,ali@example.com,,")
			test.want.Rows, test.want.Processed = 3, 3
			if job.Totals != test.want {
				t.Errorf("%+v, want %+v", job.Totals, test.want)
			}
			if c, found := w.contacts["demo/mona"]; found && !slices.Contains(c.Labels, "x") {
				t.Errorf("%+v", c)
			}
		})
	}
}
