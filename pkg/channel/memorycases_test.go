package channel_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/occ/contacts/pkg/channel"
)

// memory is a CaseStore: what it holds is as simple as the contract reads.
type memory struct {
	mu            sync.Mutex
	contacts      map[string]int    // id to requestCount
	deleted       map[string]bool   // ids of contacts
	addresses     map[string]string // external id, phone or e-mail to contact
	conversations map[string]string // the platform's id to contact; empty: deleted
	requests      map[string]channel.StoredRequest
	feedback      map[string]channel.StoredFeedback
	seen          map[string]bool
	waiting       map[string]channel.Waiting
	accounts      map[string][]channel.AccountKey // by which contacts are known
	writes        int
	stale         int // so many writes find something changed
}

func newMemory() *memory {
	return &memory{
		contacts: map[string]int{}, deleted: map[string]bool{}, addresses: map[string]string{}, conversations: map[string]string{},
		requests: map[string]channel.StoredRequest{}, feedback: map[string]channel.StoredFeedback{}, seen: map[string]bool{}, waiting: map[string]channel.Waiting{},
		accounts: map[string][]channel.AccountKey{},
	}
}

func (m *memory) lock() func() {
	m.mu.Lock()
	return m.mu.Unlock
}

func (m *memory) party(id string) channel.Party {
	if _, there := m.contacts[id]; there {
		return channel.Party{ContactID: id, Accounts: m.accounts[id]}
	}
	return channel.Party{Gone: m.deleted[id]}
}

func (m *memory) Party(_ context.Context, _, id string) (channel.Party, error) {
	defer m.lock()()
	return m.party(id), nil
}

func (m *memory) ConversationRef(_ context.Context, _, id string) (channel.ConversationRef, error) {
	defer m.lock()()
	owner, seen := m.conversations[id]
	ref := channel.ConversationRef{ID: "own-" + id, Seen: seen}
	if seen {
		ref.Party = m.party(owner)
		ref.Party.Gone = ref.Party.ContactID == ""
	}
	return ref, nil
}

func (m *memory) PersonParty(_ context.Context, e channel.Event) (channel.Party, error) {
	defer m.lock()()
	var named []string
	for _, address := range e.Person.Addresses {
		named = append(append(named, address.ExternalID), address.Spellings...)
	}
	for _, value := range append(named, e.Person.Phone, e.Person.Email) {
		if owner, known := m.addresses[value]; known {
			return m.party(owner), nil
		}
	}
	return channel.Party{}, nil
}

func (m *memory) StoredRequest(_ context.Context, _, id string) (channel.StoredRequest, error) {
	defer m.lock()()
	return m.requests[id], nil
}

func (m *memory) changed() bool {
	m.stale--
	return m.stale >= 0
}

func (m *memory) PutRequest(_ context.Context, before, after channel.StoredRequest, once string) error {
	defer m.lock()()
	_, there := m.contacts[after.ContactID]
	switch {
	case m.changed() || m.requests[after.ID].WriteID != before.WriteID || after.ContactID != "" && !there:
		return channel.ErrConflict
	case once != "" && m.seen[once]:
		return nil
	}
	if once != "" {
		m.seen[once] = true
	}
	m.writes++
	after.WriteID = fmt.Sprint(m.writes)
	if before.Live() {
		m.contacts[before.ContactID]--
	}
	if after.Live() {
		m.contacts[after.ContactID]++
	}
	m.requests[after.ID] = after
	return nil
}

func (m *memory) HasFeedback(_ context.Context, _, id string) (bool, error) {
	defer m.lock()()
	_, there := m.feedback[id]
	return there, nil
}

func (m *memory) PutFeedback(_ context.Context, f channel.StoredFeedback) error {
	defer m.lock()()
	if _, there := m.contacts[f.ContactID]; m.changed() || f.ContactID != "" && !there {
		return channel.ErrConflict
	}
	if _, there := m.feedback[f.ID]; !there {
		m.feedback[f.ID] = f
	}
	return nil
}

func (m *memory) Wait(_ context.Context, w channel.Waiting) error {
	defer m.lock()()
	if _, there := m.waiting[w.Event.ID]; !there {
		m.waiting[w.Event.ID] = w
	}
	return nil
}

func (m *memory) EachWaiting(_ context.Context, visit func(channel.Waiting) error) error {
	unlock := m.lock()
	all := slices.Collect(maps.Values(m.waiting))
	unlock()
	for _, w := range all {
		if err := visit(w); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) EndWait(_ context.Context, w channel.Waiting) error {
	defer m.lock()()
	delete(m.waiting, w.Event.ID)
	return nil
}

// state is what counts of a store, as text: without what every write moves.
func (m *memory) state() string {
	var lines []string
	for id, count := range m.contacts {
		lines = append(lines, fmt.Sprint("contact ", id, " ", count))
	}
	for _, r := range m.requests {
		r.WriteID = ""
		lines = append(lines, fmt.Sprintf("request %+v", r))
	}
	for _, f := range m.feedback {
		lines = append(lines, fmt.Sprintf("feedback %+v", f))
	}
	for id := range m.waiting {
		lines = append(lines, "waiting "+id)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// graveyard keeps dead letters.
type graveyard struct {
	mu      sync.Mutex
	reasons map[string]string
	err     error
}

func (g *graveyard) Send(_ context.Context, e channel.Event, reason string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.reasons[e.ID] = reason
	}
	return g.err
}

// clinic is Cases on memory, and a clock.
type clinic struct {
	*channel.Cases
	*memory
	dead *graveyard
	at   time.Time
}

func newClinic() *clinic {
	c := &clinic{memory: newMemory(), dead: &graveyard{reasons: map[string]string{}}, at: noon}
	c.Cases = channel.NewCases(c.memory, c.dead, func() time.Time { return c.at })
	return c
}

// requested is an event of request r-1, so many minutes after noon.
func requested(action channel.RequestAction, minute int, edit func(*channel.Event)) channel.Event {
	e := channel.Event{
		Schema: 1, Workspace: "demo", ID: fmt.Sprintf("%s-%d", action, minute), Kind: channel.RequestChanged,
		At: noon.Add(time.Duration(minute) * time.Minute), ReceivedAt: noon.Add(24 * time.Hour),
		Request: &channel.Request{ID: "r-1", Action: action, Subject: fmt.Sprint("Subject ", minute), Status: string(action)},
	}
	if edit != nil {
		edit(&e)
	}
	return e
}

func surveyed(id string, edit func(*channel.Event)) channel.Event {
	e := channel.Event{
		Schema: 1, Workspace: "demo", ID: "e-" + id, Kind: channel.SurveySubmitted, At: noon, ReceivedAt: noon.Add(time.Hour),
		Survey: &channel.Feedback{ID: id, Score: 4.5, MaxScore: 5, Comment: "Thank you"},
	}
	if edit != nil {
		edit(&e)
	}
	return e
}
