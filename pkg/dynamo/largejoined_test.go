package dynamo

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

func labelsNamed(prefix string, n int) []string {
	labels := make([]string, n)
	for i := range labels {
		labels[i] = fmt.Sprint(prefix, i)
	}
	return labels
}

func labelsPatch(labels []string) contact.Patch {
	return contact.Patch{Labels: contact.Field[[]string]{Set: true, Value: labels}}
}

// outgrown is a contact that has more labels than a request may bring.
func outgrown(t *testing.T, s *Store) contact.Contact {
	t.Helper()
	c := person(1)
	c.Labels = labelsNamed("old", 75)
	create(t, s, c)
	return get(t, s, c.ID)
}

func verified(t testing.TB, s *Store) {
	t.Helper()
	if found, err := s.Verify(ctx); err != nil || len(found.Breaches) > 0 {
		t.Errorf("%q, %v", found.Breaches, err)
	}
}

func followUpTickets(t *testing.T, s *Store) (n int) {
	t.Helper()
	for _, it := range everything(t, s, s.tables.Jobs) {
		if isFollowUp(it.key()) {
			n++
		}
	}
	return n
}

// found are the contacts that a list by label gives.
func found(t *testing.T, s *Store, label string) int {
	t.Helper()
	page, err := s.List(ctx, contact.Query{Workspace: ws, Limit: 25, Filter: contact.Filter{Label: label}})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Contacts)
}

// 75 labels replaced by 40 others are 115 facets, more than a transaction takes.
func TestAllLabelsOfAnOutgrownContactAreReplaced(t *testing.T) {
	s := fresh(t)
	c := outgrown(t, s)
	after, err := service(s).Update(ctx, ws, c.ID, user, labelsPatch(labelsNamed("new", 40)), at(c.ID, 1))
	if err != nil || after.Version != 2 || len(after.Labels) != 40 {
		t.Fatalf("version %d with %d labels, %v", after.Version, len(after.Labels), err)
	}
	verified(t, s)
	if found(t, s, "new39") != 1 || found(t, s, "old0") != 0 || found(t, s, "old74") != 0 {
		t.Error("the lists by label do not show the change")
	}
	if followUpTickets(t, s) > 0 {
		t.Error("the ticket stays")
	}
	for _, labels := range [][]string{{}, labelsNamed("new", 40), nil} {
		if _, err := service(s).Update(ctx, ws, c.ID, user, labelsPatch(labels), contact.Precondition{}); err != nil {
			t.Errorf("%d labels: %v", len(labels), err)
		}
	}
	verified(t, s)
}

// The writer dies after the transaction. The change is done whole, and the sweep does what is left, by what the
// contact is then.
func TestACrashAfterALargeChange(t *testing.T) {
	for name, between := range map[string]func(t *testing.T, s *Store, c contact.Contact){
		"nothing happens meanwhile": func(*testing.T, *Store, contact.Contact) {},
		"somebody changes it": func(t *testing.T, s *Store, c contact.Contact) {
			if _, err := service(s).Update(ctx, ws, c.ID, user, labelsPatch([]string{"new0", "old3"}), contact.Precondition{}); err != nil {
				t.Error(err)
			}
		},
		"somebody changes it as much": func(t *testing.T, s *Store, c contact.Contact) {
			if _, err := service(s).Update(ctx, ws, c.ID, user, labelsPatch(labelsNamed("other", 40)), contact.Precondition{}); err != nil {
				t.Error(err)
			}
		},
		"somebody deletes it": func(t *testing.T, s *Store, c contact.Contact) {
			if err := service(s).Delete(ctx, ws, c.ID, contact.Precondition{}); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			c := outgrown(t, s)
			through := s.through(dying{`"ConditionCheck":`})
			if _, err := service(through).Update(ctx, ws, c.ID, user, labelsPatch(labelsNamed("new", 40)), contact.Precondition{}); err != nil {
				t.Fatal(err)
			}
			if got := get(t, s, c.ID); len(got.Labels) != 40 || got.Version != 2 {
				t.Fatalf("version %d with %d labels", got.Version, len(got.Labels))
			}
			if followUpTickets(t, s) != 1 {
				t.Fatal("nothing was left to do")
			}
			verified(t, s)
			between(t, s, c)
			verified(t, s)
			if _, err := s.CleanUp(ctx); err != nil {
				t.Fatal(err)
			}
			verified(t, s)
			if followUpTickets(t, s) > 0 {
				t.Error("the ticket stays")
			}
		})
	}
}

// dying refuses every request whose body holds a text, as if the process had ended before it.
type dying struct{ before string }

func (d dying) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !bytes.Contains(body, []byte(d.before)) {
		return http.DefaultTransport.RoundTrip(r)
	}
	return (&refusing{action: action(r), times: 1, body: `{"__type":"x#AccessDeniedException"}`}).RoundTrip(r)
}

// An earlier message moves the creation, and with it every facet twice.
func TestAnEarlierMessageOfAContactWithManyLabels(t *testing.T) {
	s := fresh(t)
	hears(t, s, said(channel.Message, 100, channeltest.WhatsApp("201000000001", "")))
	if err := update(s, one(t, s), func(c *contact.Contact) { c.Labels = labelsNamed("label ", 60) }); err != nil {
		t.Fatal(err)
	}
	hears(t, s, said(channel.Message, 50, channeltest.WhatsApp("201000000001", "")))
	if c := one(t, s); !c.CreatedAt.Equal(said(channel.Message, 50, channel.Person{}).At) {
		t.Errorf("created %s", c.CreatedAt)
	}
	verified(t, s)
}

// What joins left above the limits of a request is no reason to refuse a change that adds nothing to it.
func TestChangesOfAContactAboveTheLimits(t *testing.T) {
	s := fresh(t)
	svc := service(s)
	c := person(1)
	c.Labels, c.Attributes = labelsNamed("l", 75), map[string]any{}
	for n := range 120 {
		c.Attributes[fmt.Sprint("k", n)] = strings.Repeat("v", 1_500) // 180 KB
	}
	create(t, s, c)
	name := contact.Patch{Name: contact.Field[string]{Set: true, Value: "Mona Tester"}}
	for what, patch := range map[string]contact.Patch{
		"another name": name, "an attribute less": attributesPatch(map[string]any{"k0": nil}), "another value": attributesPatch(map[string]any{"k1": "short"}),
		"a label less": labelsPatch(labelsNamed("l", 74)),
	} {
		if _, err := svc.Update(ctx, ws, c.ID, user, patch, contact.Precondition{}); err != nil {
			t.Errorf("%s: %.200v", what, err)
		}
	}
	if err := svc.RemoveLabel(ctx, ws, c.ID, user, "l3"); err != nil {
		t.Error(err)
	}
	for what, patch := range map[string]contact.Patch{
		"more labels": labelsPatch(labelsNamed("m", 90)), "an attribute more": attributesPatch(map[string]any{"a": "1", "b": "2", "c": "3"}),
	} {
		if _, err := svc.Update(ctx, ws, c.ID, user, patch, contact.Precondition{}); problem.CodeOf(err) != problem.ValidationFailed {
			t.Errorf("%s: %.200v", what, err)
		}
	}
	if _, err := svc.Update(ctx, ws, c.ID, user, attributesPatch(map[string]any{"k1": strings.Repeat("v", 2_000)}), contact.Precondition{}); problem.CodeOf(err) != problem.ContactTooLarge {
		t.Errorf("a longer value: %.200v", err)
	}
	w := workbenchOn(t, s)
	job := w.handled(fileRow(2, func(r *importing.Row) { r.Email, r.Company, r.Labels = c.Email, "Acme", []string{"l1"} }))
	if job.Totals.Updated != 1 {
		t.Errorf("a row that adds neither label nor attribute: %+v", job.Totals)
	}
	verified(t, s)
}
