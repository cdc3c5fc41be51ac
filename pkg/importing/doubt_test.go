package importing

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/sheet/cell"
)

const unknownRange = "+22997123456" // a phone as WhatsApp gives it, of a range that phone tables do not know

func sms(n int) contact.Identity {
	return contact.Identity{Channel: contact.SMS, ExternalID: fmt.Sprint(n), FirstSeenAt: dawn, LastSeenAt: dawn}
}

// aboveRequests are contacts as joins and channels leave them, by what of them is above the limits of a request.
func aboveRequests() map[string]contact.Contact {
	labels, attributes := make([]string, 80), map[string]any{}
	for n := range labels {
		labels[n] = fmt.Sprint("label ", n)
	}
	for n := range 120 {
		attributes[fmt.Sprint("k", n)] = fmt.Sprint("v", n)
	}
	large := map[string]any{}
	for n := range 90 {
		large[fmt.Sprint("k", n)] = strings.Repeat("v", 1_800)
	}
	var identities []contact.Identity
	for n := range 24 {
		identities = append(identities, sms(n))
	}
	return map[string]contact.Contact{
		"phone": {Phone: unknownRange}, "labels": {Labels: labels}, "attributes": {Attributes: attributes},
		"identities": {Identities: identities}, "bytes": {Attributes: large},
		"all": {Phone: unknownRange, Labels: labels, Attributes: attributes, Identities: identities},
	}
}

// What is stored may be above the limits of a request. Our own export of it gives the same contact in an empty
// workspace, and changes nothing where the contact is.
func TestOwnExportsAboveTheLimitsOfRequests(t *testing.T) {
	for what, c := range aboveRequests() {
		t.Run(what, func(t *testing.T) {
			c.ID, c.Name, c.Email, c.Channel = derivedID("test", what), "Mona", "mona@example.com", contact.WhatsApp
			home, away := newWorld(t), newWorld(t)
			home.know(c)
			stored := home.contacts[demo+"/"+c.ID]
			file := exportOf(t, []exportedContact{{Contact: stored}})

			job := away.importFile(UpdateKnown, file)
			if job.Totals.Created != 1 {
				t.Fatalf("%+v, %v", job.Totals, away.reasons(job))
			}
			got := away.contacts[demo+"/"+ContactID(job.ID, 2)].View()
			want := stored.View()
			want.ID, want.UpdatedAt = got.ID, got.UpdatedAt
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if job := home.importFile(UpdateKnown, file); job.Totals.Updated != 1 {
				t.Errorf("%+v, %v", job.Totals, home.reasons(job))
			}
			if diff := cmp.Diff(stored, home.contacts[demo+"/"+c.ID]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// otherFile is a file with a contact that is none of our exports: its header and the record.
func otherFile(t *testing.T, c contact.Contact) (header, record string) {
	t.Helper()
	identities := ""
	if len(c.Identities) > 0 {
		body, err := json.Marshal(c.View().Identities)
		if err != nil {
			t.Fatal(err)
		}
		identities = string(body)
	}
	columns := []string{"name", "email", "phone", "labels", "identities"}
	cells := []string{c.Name, c.Email, c.Phone, cell.Labels(c.Labels), identities}
	for _, key := range slices.Sorted(maps.Keys(c.Attributes)) {
		columns, cells = append(columns, "attr."+key), append(cells, cell.Attribute(c.Attributes[key]))
	}
	return strings.Join(columns, ","), strings.TrimSpace(string(cell.AppendCSV(nil, cells)))
}

// In a file that is none of our exports the limits hold, but not for what a known contact has already.
func TestOtherFilesAboveTheLimitsOfRequests(t *testing.T) {
	codes := map[string]Code{"phone": InvalidPhone, "all": InvalidPhone}
	for what, c := range aboveRequests() {
		t.Run(what, func(t *testing.T) {
			c.ID, c.Name, c.Email = derivedID("test", what), "Mona", "mona@example.com"
			code := codes[what]
			if code == "" {
				code = ValueTooLong
			}
			header, record := otherFile(t, c)

			away := newWorld(t)
			again := "Mona again," + c.Email + strings.Repeat(",", strings.Count(header, ",")-1)
			job := away.importFile(UpdateKnown, header, record, again)
			if diff := cmp.Diff([]string{"2 failed " + string(code)}, away.reasons(job)); diff != "" || job.Totals.Created != 1 {
				t.Errorf("%+v: %s", job.Totals, diff)
			}
			home := newWorld(t)
			home.know(c)
			stored := home.contacts[demo+"/"+c.ID]
			if job := home.importFile(UpdateKnown, header, record); job.Totals.Updated != 1 {
				t.Errorf("%+v, %v", job.Totals, home.reasons(job))
			}
			if diff := cmp.Diff(stored, home.contacts[demo+"/"+c.ID]); diff != "" {
				t.Error(diff)
			}
			other := newWorld(t)
			other.know(contact.Contact{ID: c.ID, Name: c.Name, Email: c.Email, Phone: "+201001234567"})
			job = other.importFile(UpdateKnown, header, record)
			if diff := cmp.Diff([]string{"2 failed " + string(code)}, other.reasons(job)); diff != "" {
				t.Errorf("%+v: %s", job.Totals, diff)
			}
		})
	}
}

// What no item can hold is refused, in our own exports too.
func TestOwnExportsAboveTheLimitsOfStorage(t *testing.T) {
	c := contact.Contact{ID: derivedID("test", "large"), Name: "Mona", Email: "mona@example.com", Attributes: map[string]any{}, CreatedAt: dawn}
	for n := range 200 {
		c.Attributes[fmt.Sprint("k", n)] = strings.Repeat("v", 1_900)
	}
	w := newWorld(t)
	job := w.importFile(UpdateKnown, exportOf(t, []exportedContact{{Contact: c}}))
	if diff := cmp.Diff([]string{"2 failed value_too_long"}, w.reasons(job)); diff != "" {
		t.Error(diff)
	}
	// Two halves that fit each, and not together.
	half, more := c, c
	half.Attributes, more.Attributes = map[string]any{}, map[string]any{}
	for n := range 100 {
		half.Attributes[fmt.Sprint("old", n)] = strings.Repeat("v", 1_900)
		more.Attributes[fmt.Sprint("new", n)] = strings.Repeat("v", 1_900)
	}
	w = newWorld(t)
	w.know(half)
	job = w.importFile(UpdateKnown, exportOf(t, []exportedContact{{Contact: more}}))
	if diff := cmp.Diff([]string{"2 failed value_too_long"}, w.reasons(job)); diff != "" {
		t.Error(diff)
	}
}

// A new contact may have as many identities as one transaction takes. A dry run says the same.
func TestOwnExportsOfManyIdentities(t *testing.T) {
	for count, want := range map[int]Totals{96: {Rows: 1, Processed: 1, Created: 1}, 97: {Rows: 1, Processed: 1, Failed: 1}} {
		c := contact.Contact{ID: derivedID("test", "many"), Name: "Mona", Email: "mona@example.com", CreatedAt: dawn}
		for n := range count {
			c.Identities = append(c.Identities, sms(n))
		}
		w := newWorld(t)
		if job := w.importFile(UpdateKnown, exportOf(t, []exportedContact{{Contact: c}})); job.Totals != want {
			t.Errorf("%d identities: %+v, %v", count, job.Totals, w.reasons(job))
		}
		w.know(c)
		if job := w.importFile(UpdateKnown, exportOf(t, []exportedContact{{Contact: c}})); job.Totals.Updated != 1 {
			t.Errorf("%d identities of a known contact: %+v, %v", count, job.Totals, w.reasons(job))
		}
	}
}
