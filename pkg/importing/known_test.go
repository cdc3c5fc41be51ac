package importing

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/sheet/cell"
)

const (
	idOfMona = "0e7a3c52-6a8e-4c39-9a51-0d6f2f6b1c11"
	idOfAli  = "0e7a3c52-6a8e-4c39-9a51-0d6f2f6b1c22"
	idOfNone = "0e7a3c52-6a8e-4c39-9a51-0d6f2f6b1c33"
)

// texting is an identity by SMS, seen when its contact was made.
func texting(number string) contact.Identity {
	return contact.Identity{Channel: contact.SMS, AccountID: "a", ExternalID: number, FirstSeenAt: dawn.Add(-time.Hour), LastSeenAt: dawn.Add(-time.Hour)}
}

// by is the cell of identities by SMS.
func by(numbers ...string) string {
	var cells []string
	for _, number := range numbers {
		cells = append(cells, fmt.Sprintf(`{"channel":"sms","accountId":"a","externalId":%q}`, number))
	}
	return "[" + strings.Join(cells, ",") + "]"
}

// acquainted is a world that knows Mona by everything, Ali by an e-mail and Lea by an identity.
func acquainted(t tester) *world {
	w, known := newWorld(t), mona
	known.ID, known.Identities = idOfMona, []contact.Identity{texting("1"), texting("2")}
	ali := contact.Contact{ID: idOfAli, Name: "Ali", Email: "ali@example.com"}
	lea := contact.Contact{ID: "lea", Name: "Lea", Identities: []contact.Identity{texting("3")}}
	w.know(known, ali, lea)
	return w
}

// importRow imports one row under the columns id, name, email, phone, identities.
func (w *world) importRow(mode OnDuplicate, cells ...string) Import {
	w.t.Helper()
	return w.importFile(mode, "id,name,email,phone,identities", strings.TrimSuffix(string(cell.AppendCSV(nil, cells)), "\r\n"))
}

func TestWhoIsKnownByIDsAndIdentitiesInEveryMode(t *testing.T) {
	known := [3]string{"updated", "skipped duplicate_contact", "failed duplicate_contact"}
	unknown := [3]string{"created", "created", "created"}
	of2 := [3]string{"failed duplicate_contact", "failed duplicate_contact", "failed duplicate_contact"}
	for name, test := range map[string]struct {
		cells []string
		want  [3]string // update, skip, reject
	}{
		"an id":                                  {[]string{idOfMona, "New", "new@example.com", "", ""}, known},
		"an id and its own e-mail":               {[]string{idOfMona, "New", "MONA@example.com", "", ""}, known},
		"an id nobody has":                       {[]string{idOfNone, "New", "new@example.com", "", ""}, unknown},
		"an id nobody has and an e-mail of one":  {[]string{idOfNone, "New", "ali@example.com", "", ""}, known},
		"an id and another's e-mail":             {[]string{idOfMona, "New", "ali@example.com", "", ""}, of2},
		"an id and another's phone":              {[]string{idOfAli, "New", "", "+201001234567", ""}, of2},
		"an id and another's identity":           {[]string{idOfAli, "New", "", "", by("3")}, of2},
		"an identity":                            {[]string{"", "New", "", "", by("2")}, known},
		"a new identity beside a known one":      {[]string{"", "New", "", "", by("9", "2")}, known},
		"a new identity":                         {[]string{"", "New", "", "", by("9")}, unknown},
		"identities of two":                      {[]string{"", "New", "", "", by("1", "3")}, of2},
		"an identity and its contact's phone":    {[]string{"", "New", "", "+201001234567", by("1")}, known},
		"an identity and another's phone":        {[]string{"", "New", "", "+201001234567", by("3")}, of2},
		"an identity and another's e-mail":       {[]string{"", "New", "ali@example.com", "", by("3")}, of2},
		"an identity and an e-mail nobody has":   {[]string{"", "New", "new@example.com", "", by("3")}, known},
		"an e-mail and an identity nobody has":   {[]string{"", "New", "ali@example.com", "", by("9")}, known},
		"an id, an e-mail and a phone of theirs": {[]string{idOfMona, "New", "mona@example.com", "+201001234567", by("1")}, known},
	} {
		for i, mode := range []OnDuplicate{UpdateKnown, SkipKnown, RejectKnown} {
			w := acquainted(t)
			job := w.importRow(mode, test.cells...)
			got := strings.TrimPrefix(strings.Join(w.reasons(job), ""), "2 ")
			switch job.Totals {
			case Totals{Rows: 1, Processed: 1, Created: 1}:
				got = "created"
			case Totals{Rows: 1, Processed: 1, Updated: 1}:
				got = "updated"
			}
			if got != test.want[i] || (len(w.contacts) == 4) != (got == "created") || (len(w.history) == 1) != (got == "updated") {
				t.Errorf("%s, %s: %s, want %s", name, mode, got, test.want[i])
			}
		}
	}
}

// An id may be of a contact of another workspace: there it names nobody.
func TestIDsCountInTheirWorkspace(t *testing.T) {
	w := newWorld(t)
	w.keep(contact.Contact{Workspace: "other", ID: idOfMona, Name: "Mona", Email: "mona@example.com", Version: 1})
	if job := w.importRow(UpdateKnown, idOfMona, "New", "mona@example.com", "", ""); job.Totals.Created != 1 || w.contacts["other/"+idOfMona].Version != 1 {
		t.Errorf("%+v", job.Totals)
	}
}

// What a row says of a contact that it names by id takes the place of what the contact had, and frees that.
func TestAnIDMovesClaims(t *testing.T) {
	w := acquainted(t)
	w.pass(time.Hour)
	w.importRow(UpdateKnown, idOfMona, "Mona", "new@example.com", "+201001234569", by("9"))
	got := w.contacts["demo/"+idOfMona]
	want := []contact.Identity{texting("1"), texting("2"), {Channel: contact.SMS, AccountID: "a", ExternalID: "9", FirstSeenAt: dawn.Add(time.Hour), LastSeenAt: dawn.Add(time.Hour)}}
	if diff := cmp.Diff(want, got.Identities); diff != "" || got.Email != "new@example.com" || got.Phone != "+201001234569" {
		t.Error(diff, got)
	}
	changes := []contact.Change{{Field: "email", From: "Mona@example.com", To: "new@example.com"}, {Field: "phone", From: "+201001234567", To: "+201001234569"}, {Field: "identities", To: "sms 9"}}
	if diff := cmp.Diff(changes, w.history[0].Changes); diff != "" {
		t.Error(diff)
	}
	if job := w.importRow(UpdateKnown, "", "Other", "mona@example.com", "+201001234567", ""); job.Totals.Created != 1 {
		t.Errorf("what was free: %+v", job.Totals)
	}
	if job := w.importRow(UpdateKnown, idOfAli, "Ali", "", "", by("9")); job.Totals.Failed != 1 {
		t.Errorf("what was taken: %+v", job.Totals)
	}
}

func TestIdentitiesOfARowHaveTheirTimes(t *testing.T) {
	w := newWorld(t)
	w.importFile(UpdateKnown, "name,createdAt,identities",
		`Mona,2020-02-03,"[{""channel"":""sms"",""externalId"":""1""},{""channel"":""sms"",""externalId"":""2"",""firstSeenAt"":""2021-01-01T01:00:00+01:00"",""lastSeenAt"":""2022-01-01T00:00:00.1239Z""}]"`)
	made := time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC)
	want := []contact.Identity{
		{Channel: contact.SMS, ExternalID: "1", FirstSeenAt: made, LastSeenAt: made},
		{Channel: contact.SMS, ExternalID: "2", FirstSeenAt: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC), LastSeenAt: time.Date(2022, 1, 1, 0, 0, 0, 123e6, time.UTC)},
	}
	if diff := cmp.Diff(want, w.named("Mona")[0].Identities); diff != "" {
		t.Error(diff)
	}
}

func TestAsManyIdentitiesAsAContactHas(t *testing.T) {
	for name, test := range map[string]struct {
		has   int
		cells string
		fails bool
	}{
		"a 20th":                    {19, by("new"), false},
		"a 21st":                    {20, by("new"), true},
		"one of 20":                 {20, by("7"), false},
		"a 23rd after a join":       {22, by("new"), true},
		"one of 22 left by a join":  {22, by("7"), false},
		"two, one of them is there": {19, by("7", "new"), false},
	} {
		t.Run(name, func(t *testing.T) {
			w, known := newWorld(t), contact.Contact{ID: idOfMona, Name: "Mona"}
			for n := range test.has {
				known.Identities = append(known.Identities, texting(fmt.Sprint(n)))
			}
			w.know(known)
			job := w.importRow(UpdateKnown, idOfMona, "Mona Adel", "", "", test.cells)
			if test.fails != (job.Totals.Failed == 1) || test.fails && w.reasons(job)[0] != "2 failed value_too_long" {
				t.Errorf("%+v, %v", job.Totals, w.reasons(job))
			}
		})
	}
}

// A note is added as often as the row has it more often than the contact.
func TestNotesAreCounted(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	for n, text := range []string{"there", "twice", "twice"} {
		w.keepNote(contact.Contact{Workspace: demo, ID: "mona"}, contact.Note{ID: fmt.Sprintf("%03d", n), Text: text})
	}
	lines := []string{"name,email,notes,notes 2", `Mona,mona@example.com,"[""twice"",""there"",""there"",""new""]","[""new"",""twice"",""[x""]"`, `New,new@example.com,"[""a"",""a""]",a`}
	for range 2 {
		job := w.importFile(UpdateKnown, lines...)
		if diff := cmp.Diff([]string{"there", "twice", "twice", "there", "new", "new", "[x"}, w.noted("mona")); diff != "" || job.Totals.Failed != 0 {
			t.Fatal(diff, job.Totals)
		}
		if diff := cmp.Diff([]string{"a", "a", "a"}, w.noted(w.named("New")[0].ID)); diff != "" {
			t.Fatal(diff)
		}
	}
}

// Between the look-up and the write somebody may take the identity, or delete the contact of the id.
func TestOthersAreFasterThanARowOfIdentities(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(w *world)
		want      Totals
	}{
		"somebody takes the identity":   {func(w *world) { w.know(contact.Contact{ID: "2", Identities: []contact.Identity{texting("9")}}) }, Totals{Failed: 1}},
		"somebody deletes the contact":  {func(w *world) { w.forget(idOfMona) }, Totals{Created: 1}},
		"somebody gives it the e-mail":  {func(w *world) { w.know(contact.Contact{ID: idOfMona, Email: "new@example.com"}) }, Totals{Updated: 1}},
		"somebody else has the e-mail":  {func(w *world) { w.know(contact.Contact{ID: "2", Email: "new@example.com"}) }, Totals{Failed: 1}},
		"nobody comes between the two":  {func(*world) {}, Totals{Updated: 1}},
		"somebody else's name is there": {func(w *world) { w.know(contact.Contact{ID: "2", Name: "New"}) }, Totals{Updated: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w, done := acquainted(t), false
			w.strike = func(call string) fault {
				if call == "Commit" && !done {
					done = true
					test.meanwhile(w)
				}
				return noFault
			}
			job := w.importRow(UpdateKnown, idOfMona, "New", "new@example.com", "", by("9"))
			test.want.Rows, test.want.Processed = 1, 1
			if job.Totals != test.want {
				t.Errorf("%+v, want %+v", job.Totals, test.want)
			}
		})
	}
}

// forget deletes a contact.
func (w *world) forget(id string) {
	for _, claim := range claimsOf(w.contacts[demo+"/"+id]) {
		delete(w.claims, claim)
	}
	delete(w.contacts, demo+"/"+id)
}
