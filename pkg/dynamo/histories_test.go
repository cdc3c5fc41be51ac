package dynamo

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/dynamo/dynamotest"
	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/httpapi"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/importing"
)

// eachHistory runs a test with seeds: HISTORY_SEEDS of them (a few, unless it says so), from HISTORY_SEED on (0; with
// it alone, that one).
func eachHistory(t *testing.T, usual int, test func(t *testing.T, seed uint64)) {
	first, err := strconv.Atoi(os.Getenv("HISTORY_SEED"))
	if err == nil {
		usual = 1
	}
	if n, err := strconv.Atoi(os.Getenv("HISTORY_SEEDS")); err == nil {
		usual = n
	}
	if testing.Short() {
		usual = 1
	}
	began, seed := time.Now(), first
	for ; seed < first+usual && !t.Failed(); seed++ {
		test(t, uint64(seed))
	}
	t.Logf("%d seeds from %d on in %v", seed-first, first, time.Since(began).Round(time.Second))
}

// told prints what happened in histories that came to a bad end.
func told(t *testing.T, seed uint64, histories ...*life) {
	if !t.Failed() {
		return
	}
	t.Logf("again by: HISTORY_SEED=%d go test -run '^%s$' ./pkg/dynamo", seed, t.Name())
	for _, h := range histories {
		t.Logf("life %s:\n%s", h.name, strings.Join(h.lines, "\n"))
	}
}

// TestHistoryOfAWorkspace has everything happen that writes, one thing after the other, and looks after each: what a
// contact has was said of it, nobody is lost, no entity tag stands for two things; and every few steps that the tables
// are sound.
func TestHistoryOfAWorkspace(t *testing.T) {
	eachHistory(t, 3, func(t *testing.T, seed uint64) {
		const steps, verifiedEvery = 60, 6
		// Ids are the same for a seed, so that a history can be replayed.
		uuid.SetRand(&repeatable{source: rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})})
		defer uuid.SetRand(nil)
		s := fresh(t)
		h := newLife(t, s, &lifeClock{}, newKept(), "1", rand.New(rand.NewPCG(seed, 1)))
		h.alone = true
		seen, tags := newSeen(t, h), newTags(t, s)
		for n := 0; n < steps && !t.Failed(); n++ {
			h.step()
			seen.look()
			tags.look(slices.Collect(maps.Keys(seen.contacts))...)
			if n%verifiedEvery == verifiedEvery-1 {
				allIsSound(t, s)
			}
		}
		atRest(t, h)
		told(t, seed, h)
	})
}

// TestHistoriesAtOnce has several such histories happen to one workspace at once, two of them over a network that loses
// an eighth of the answers to writes, one at a table that is busy.
func TestHistoriesAtOnce(t *testing.T) {
	eachHistory(t, 2, func(t *testing.T, seed uint64) {
		const lives, steps = 5, 25
		s := fresh(t)
		clock, k := &lifeClock{}, newKept()
		var histories []*life
		for n := range lives {
			store := s.through(nil)
			switch n {
			case 1, 3:
				store = throughFaults(t, s, faults.Odds{Lose: 0.125}, seed)
			case 4:
				store = throughFaults(t, s, faults.Odds{Throttle: 0.05, Conflict: 0.05}, seed)
			}
			histories = append(
				histories,
				newLife(t, store, clock, k, fmt.Sprint(n), rand.New(rand.NewPCG(seed, uint64(10+n)))),
			)
		}
		var all, readers sync.WaitGroup
		ended := make(chan struct{})
		readers.Go(func() { newTags(t, s).follow(k, ended) })
		for n, h := range histories {
			all.Go(func() {
				for step := range steps {
					if h.step(); step%5 == n {
						h.duel()
					}
				}
			})
		}
		all.Wait()
		close(ended)
		readers.Wait()
		atRest(t, histories...)
		told(t, seed, histories...)
	})
}

// repeatable is randomness for uuid that is the same for a seed.
type repeatable struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

func (r *repeatable) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}

// throughFaults is the same storage by way of a network with faults.
func throughFaults(t *testing.T, s *Store, odds faults.Odds, seed uint64) *Store {
	t.Helper()
	proxy, err := faults.Start(dynamotest.Endpoint(), odds, seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s.through(detour{address.Host})
}

// detour sends requests to another host.
type detour struct{ host string }

func (d detour) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = d.host
	return http.DefaultTransport.RoundTrip(r)
}

// duel has an agent take a phone or an e-mail off a contact while somebody comes who has it: with a message, a row or a
// creation. Whichever is first, the contact has it no more: who comes is met by it before, or is somebody new.
func (h *life) duel() {
	h.made++
	number, email := h.guest()
	name, phone := "Duellist "+h.name, "+"+number
	made, err := h.contacts.Create(ctx, ws, user, contact.Draft{Name: &name, Phone: &phone, Email: &email}, nil)
	h.say("duel over %s and %s: %s %v", phone, email, made.ID, err)
	if !h.must(err) {
		return
	}
	h.keep(made.ID, "fought over")
	stranger := "Stranger"
	off, patch, draft := phone, contact.Patch{
		Phone: contact.Field[string]{Set: true, Null: true},
	}, contact.Draft{
		Name:  &stranger,
		Phone: &phone,
	}
	message := h.happened(channel.Message, channeltest.WhatsApp(number, ""))
	row := importing.Row{Number: 2, Name: stranger, Phone: phone, Cells: []string{"x"}}
	if h.chance(2) {
		off, patch, draft = email, contact.Patch{
			Email: contact.Field[string]{Set: true, Null: true},
		}, contact.Draft{
			Name:  &stranger,
			Email: &email,
		}
		message.Channel, message.AccountID = contact.Widget, "site"
		message.Person = channel.Person{Addresses: []channel.Address{{ExternalID: "stranger " + email}}, Email: email}
		row.Phone, row.Email = "", email
	}
	comes := []func() error{
		func() error { return h.deliver(message) },
		func() error { return h.importOne(row) },
		func() error {
			made, err := h.contacts.Create(ctx, ws, user, draft, nil)
			if err == nil {
				h.keep(made.ID, "created in a duel")
			}
			return nil // a duplicate until the agent is done
		},
	}[h.dice.IntN(3)]
	var both sync.WaitGroup
	both.Go(func() {
		if _, edit := h.contacts.Update(ctx, ws, made.ID, user, patch, contact.Precondition{}); edit == nil {
			h.kept.Lock()
			h.kept.takenOff[made.ID] = off
			h.kept.Unlock()
		}
	})
	err = comes()
	both.Wait()
	h.say("duel over %s is over: %v", off, err)
	h.must(err)
}

// allIsSound demands that the tables are sound.
func allIsSound(t *testing.T, s *Store) {
	t.Helper()
	found, err := s.Verify(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, breach := range found.Breaches {
		t.Error(breach)
	}
}

// atRest lets everything come to rest, and demands what then has to hold.
func atRest(t *testing.T, histories ...*life) {
	t.Helper()
	h := histories[0]
	s := h.s.through(nil)
	s.now, h.s = h.clock.now, s
	h.ward = wardOn(t, s)
	for range 3 { // those that wait for who has been seen meanwhile, and then for a day
		h.clock.advance(13 * time.Hour)
		if swept, err := h.ward.Sweep(ctx); err != nil || len(swept.Failed) > 0 {
			t.Errorf("%+v, %v", swept, err)
		}
	}
	cleaned(t, s)
	allIsSound(t, s)
	all := everybody(t, s)
	everyoneFound(t, s, all)
	labelsInUse(t, s, all)
	k := h.kept
	for id, how := range k.contacts {
		if !h.isKnown(id) {
			t.Errorf("contact %s, %s, is neither there nor deleted", id, how)
		}
	}
	for id, value := range k.takenOff {
		for _, c := range all {
			if c.ID == id && (c.Phone == value || c.Email == value) {
				t.Errorf("contact %s has %s, which an agent took off", id, value)
			}
		}
	}
	forgotten(t, s, k.forgot)
}

// forgotten demands that no item holds what was a deleted contact's alone.
func forgotten(t *testing.T, s *Store, values []string) {
	t.Helper()
	if len(values) == 0 {
		return
	}
	for _, table := range []string{s.tables.Contacts, s.tables.Timeline, s.tables.Jobs} {
		for _, it := range everything(t, s, table) {
			text := contents(it)
			for _, v := range values {
				if strings.Contains(text, v) {
					t.Errorf("%s of who was deleted is left in %v: %s", v, it.key(), text)
				}
			}
		}
	}
}

// everyoneFound demands that every contact is found by e-mail, phone, label and the words of its name.
func everyoneFound(t *testing.T, s *Store, all []contact.Contact) {
	t.Helper()
	found := map[string]map[string]bool{}
	by := func(how string, q contact.Query) map[string]bool {
		if found[how] == nil {
			found[how] = map[string]bool{}
			q.Workspace, q.Limit = ws, 100
			ids, _, _, err := walk(s, q, fixed(100))
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				if found[how][id] {
					t.Errorf("%s finds %s twice", how, id)
				}
				found[how][id] = true
			}
		}
		return found[how]
	}
	for _, c := range all {
		asked := map[string]contact.Query{}
		if c.Email != "" {
			asked["e-mail "+c.Email] = contact.Query{Search: &contact.Search{Email: contact.EmailKey(c.Email)}}
		}
		if c.Phone != "" {
			asked["phone "+c.Phone] = contact.Query{Search: &contact.Search{Phone: c.Phone, Digits: c.Phone[1:]}}
		}
		for _, label := range c.Labels {
			asked["label "+contact.FacetKey(label)] = contact.Query{
				Filter: contact.Filter{Label: contact.FacetKey(label)},
			}
		}
		for _, word := range fold.Words(c.Name) {
			asked["word "+word] = contact.Query{Search: &contact.Search{Words: []string{word}, Beginning: word}}
		}
		for how, q := range asked {
			if !by(how, q)[c.ID] {
				t.Errorf("contact %s is not found by %s", c.ID, how)
			}
		}
	}
}

// labelsInUse demands that the list of labels is that of the labels that contacts have.
func labelsInUse(t *testing.T, s *Store, all []contact.Contact) {
	t.Helper()
	used := map[string]bool{}
	for _, c := range all {
		for _, label := range c.Labels {
			used[contact.FacetKey(label)] = true
		}
	}
	listed, err := s.Labels(ctx, ws)
	if err != nil {
		t.Fatal(err)
	}
	for i, label := range listed {
		listed[i] = contact.FacetKey(label)
	}
	slices.Sort(listed)
	if want := slices.Sorted(maps.Keys(used)); !slices.Equal(listed, want) {
		t.Errorf("the labels are %q, those in use %q", listed, want)
	}
}

// seen is what a history showed so far, for comparing it with what it shows after a step.
type seen struct {
	t        testing.TB
	h        *life
	contacts map[string]contact.Contact
	had      map[string]map[string]bool // contact -> phones and e-mails that it ever had
}

func newSeen(t testing.TB, h *life) *seen {
	return &seen{t: t, h: h, contacts: map[string]contact.Contact{}, had: map[string]map[string]bool{}}
}

// look demands that nobody is lost who was not deleted, joined or taken back, and that a contact has no phone and no
// e-mail but what it had, or the step said, or came with somebody who was joined into it.
func (s *seen) look() {
	after := map[string]contact.Contact{}
	for _, c := range everybody(s.t, s.h.s) {
		after[c.ID] = c
		for _, value := range []string{c.Phone, c.Email} {
			if value != "" && !s.explained(c, value) {
				s.t.Errorf("contact %s has %s, which nobody said", c.ID, value)
			}
		}
	}
	joined := map[string]bool{}
	for _, c := range after {
		for _, id := range c.MergedFrom {
			joined[id] = true
		}
	}
	for id, c := range s.contacts {
		if _, there := after[id]; !there && !joined[id] && s.h.deleted != id &&
			(s.h.undone == "" || c.CreatedBy.ID != s.h.undone) {
			s.t.Errorf("contact %s is lost", id)
		}
	}
	for id, c := range after {
		if s.had[id] == nil {
			s.had[id] = map[string]bool{}
		}
		s.had[id][c.Phone], s.had[id][c.Email] = true, true
	}
	s.contacts = after
}

func (s *seen) explained(c contact.Contact, value string) bool {
	if s.h.mentioned[strings.TrimPrefix(value, "+")] {
		return true
	}
	for _, id := range c.Owners() {
		if before := s.contacts[id]; before.Phone == value || before.Email == value {
			return true
		}
		if s.h.undone != "" && s.had[id][value] {
			return true
		}
	}
	return false
}

// tags are the entity tags of contacts, as clients see them, and what they stood for.
type tags struct {
	t     *testing.T
	api   http.Handler
	stood map[string]string // path and tag -> body
}

func newTags(t *testing.T, s *Store) *tags {
	contacts := contact.NewService(s, nil, nil, s.now)
	return &tags{
		t,
		httpapi.New(
			httpapi.Deps{
				Contacts:   contacts,
				Settings:   contacts,
				SigningKey: s.SigningKey,
				Log:        slog.New(slog.DiscardHandler),
			},
		),
		map[string]string{},
	}
}

// look reads contacts, and demands that a strong tag under one address never stands for two answers.
func (g *tags) look(ids ...string) {
	for _, id := range ids {
		path := "/v1/contacts/" + id
		caller := identity.With(ctx, identity.Caller{Subject: "sub", Workspace: ws, Groups: []string{"agent"}})
		answer := httptest.NewRecorder()
		g.api.ServeHTTP(answer, httptest.NewRequestWithContext(caller, http.MethodGet, path, nil))
		if answer.Code != http.StatusOK {
			continue
		}
		at, shows := path+" "+answer.Header().Get("ETag"), answer.Body.String()
		if before, known := g.stood[at]; known && before != shows {
			g.t.Errorf("%s stands for %s and for %s", at, before, shows)
		}
		g.stood[at] = shows
	}
}

// follow looks at contacts again and again while others write.
func (g *tags) follow(k *kept, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Millisecond):
		}
		k.Lock()
		ids := slices.Collect(maps.Keys(k.contacts))
		k.Unlock()
		g.look(ids[:min(len(ids), 20)]...)
	}
}
