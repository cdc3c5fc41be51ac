package dynamo

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// labelled are rows with so many labels each that no other row has.
func labelled(rows, labels int) []importing.Row {
	list := make([]importing.Row, rows)
	for n := range list {
		list[n] = fileRow(n+2, func(r *importing.Row) {
			for l := range labels {
				r.Labels = append(r.Labels, fmt.Sprintf("l-%d-%d", n, l))
			}
		})
	}
	return list
}

func total(calls map[string]int) (n int) {
	for _, count := range calls {
		n += count
	}
	return n
}

func labelsOn(t *testing.T, s *Store) []string {
	t.Helper()
	labels, err := s.Labels(ctx, ws)
	if err != nil {
		t.Fatal(err)
	}
	return labels
}

// A chunk registers its labels by the hundred. GET /labels costs what the labels in use cost, however many there ever
// were.
func TestLabelsOfAChunk(t *testing.T) {
	s := fresh(t)
	w := workbenchOn(t, s)
	create(t, s, func() contact.Contact { c := person(1); c.Labels = []string{"VIP"}; return c }())
	few := &meter{}
	if labels, err := s.through(few).Labels(ctx, ws); err != nil || len(labels) != 1 {
		t.Fatal(labels, err)
	}
	body := w.chunk("i-1", labelled(100, contact.MaxLabels)...)
	m := &meter{}
	_, writer := w.on(m)
	if _, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 1}); err != nil {
		t.Fatal(err)
	}
	if n := total(m.calls); n > 200 {
		t.Errorf("a chunk with 4,000 labels took %d calls: %v", n, m.calls)
	}
	if labels := labelsOn(t, s); len(labels) != 4_001 || labels[0] != "l-0-0" || labels[4_000] != "VIP" {
		t.Errorf("%d labels", len(labels))
	}
	w.undone(importing.Ref{Workspace: ws, ID: "i-1"}, nil)
	if labels := labelsOn(t, s); len(labels) != 1 {
		t.Errorf("%d labels after the undo", len(labels))
	}
	later := &meter{}
	if labels, err := s.through(later).Labels(ctx, ws); err != nil || len(labels) != 1 || total(later.calls) > total(few.calls)+2 {
		t.Errorf("%d labels with %v, before the import %v, %v", len(labels), later.calls, few.calls, err)
	}
	s.now = func() time.Time { return time.Now().Add(2 * labelRest) }
	_ = labelsOn(t, s)
	if n := len(registered(t, s)); n != 1 {
		t.Errorf("%d entries are left", n)
	}
	verified(t, s)
}

// registered are the entries of the registry of labels by their values.
func registered(t *testing.T, s *Store) map[string]item {
	t.Helper()
	entries, err := s.labelEntries(ctx, ws)
	if err != nil {
		t.Fatal(err)
	}
	byValue := map[string]item{}
	for _, entry := range entries {
		byValue[entry.text(attrSK)] = entry
	}
	return byValue
}

// A label that is given to somebody in the moment in which it is found unused is shown, whoever comes second.
func TestALabelThatIsTakenUpAgain(t *testing.T) {
	give := func(t *testing.T, s *Store, id string) {
		t.Helper()
		if err := service(s).AddLabel(ctx, ws, id, user, "vip"); err != nil {
			t.Error(err)
		}
	}
	for name, race := range map[string]struct {
		action string
		after  int
	}{
		"before the mark": {"Query", 1 + labelBuckets + 1}, "after the mark": {"UpdateItem", 1}, "before the writer's transaction": {},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			c := person(1)
			c.Labels = []string{"VIP"}
			create(t, s, c)
			if err := service(s).RemoveLabel(ctx, ws, c.ID, user, "vip"); err != nil {
				t.Fatal(err)
			}
			if race.action != "" {
				labels, err := s.through(&between{action: race.action, after: race.after, do: func() { give(t, s, c.ID) }}).Labels(ctx, ws)
				if err != nil || len(labels) > 1 {
					t.Fatal(labels, err)
				}
			} else {
				give(t, s.through(&beforehand{action: "TransactWriteItems", do: func() {
					if labels := labelsOn(t, s); len(labels) != 0 {
						t.Errorf("%v", labels)
					}
				}}), c.ID)
			}
			if diff := gocmp.Diff([]string{"VIP"}, labelsOn(t, s)); diff != "" {
				t.Error(diff)
			}
			verified(t, s)
		})
	}
}

// between does something once, after the first so many calls of an action.
type between struct {
	mu     sync.Mutex
	action string
	after  int
	do     func()
}

func (b *between) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	b.mu.Lock()
	run := false
	if action(r) == b.action {
		b.after--
		run = b.after == 0
	}
	b.mu.Unlock()
	if run {
		b.do()
	}
	return answer, err
}

// beforehand does something once, before the first call of an action.
type beforehand struct {
	once   sync.Once
	action string
	do     func()
}

func (b *beforehand) RoundTrip(r *http.Request) (*http.Response, error) {
	if action(r) == b.action {
		b.once.Do(b.do)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// A writer that dies right after its transaction leaves a label that was marked meanwhile: it is found before its
// entry goes.
func TestALabelWhoseWriterDied(t *testing.T) {
	s := fresh(t)
	c := person(1)
	c.Labels = []string{"VIP"}
	create(t, s, c)
	(&breaker{t, s}).write(s.tables.Jobs, labelKey(ws, "vip"), func(it item) { it.setTime(attrUnusedAt, time.Now()) })
	if labels := labelsOn(t, s); len(labels) != 0 {
		t.Errorf("%v", labels)
	}
	s.now = func() time.Time { return time.Now().Add(2 * labelRest) }
	for range 2 {
		if diff := gocmp.Diff([]string{"VIP"}, labelsOn(t, s)); diff != "" {
			t.Error(diff)
		}
	}
	if entry := registered(t, s)["vip"]; entry[attrUnusedAt] != nil {
		t.Error("the mark stays")
	}
}

// Entries that were made before the registry had buckets are read, and keep the first spelling.
func TestLabelsOfBefore(t *testing.T) {
	s := fresh(t)
	one, two := person(1), person(2)
	one.Labels = []string{"VIP"}
	create(t, s, one)
	b := &breaker{t, s}
	b.removeJob(labelKey(ws, "vip"))
	b.write(s.tables.Jobs, formerLabelKey(ws, "vip"), func(it item) { it[attrLabel] = text("VIP") })
	verified(t, s)
	two.Labels = []string{"vip"}
	create(t, s.through(nil), two)
	if diff := gocmp.Diff([]string{"VIP"}, labelsOn(t, s)); diff != "" {
		t.Error(diff)
	}
	verified(t, s)
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	var r remembered
	for n := range maxRemembered + 10 {
		r.add(fmt.Sprint(n), 1, epoch)
	}
	if len(r.names) > maxRemembered || !r.has(fmt.Sprint(maxRemembered+9), 1, epoch) {
		t.Errorf("%d names", len(r.names))
	}
	if r.has(fmt.Sprint(maxRemembered+9), 2, epoch) || r.has(fmt.Sprint(maxRemembered+9), 1, epoch.Add(1)) {
		t.Error("another shard, or an older time, counts")
	}
}
