package channel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

const townWorkspace = "demo"

var townDawn = time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)

// town is a channel.Store in memory: contacts and what they hold, as simple as it can be said.
type town struct {
	mu            sync.Mutex
	contacts      map[string]contact.Contact
	became        map[string]string
	conversations map[string]channel.Conversation
	merged        map[string]string
	gone          map[channel.Claim]channel.Gone
	first         map[string]time.Time
	history       map[string][]contact.Activity
	writes, ids   int
	quiet         int
	conflicts     int // so many writes find something changed
	fails         func(channel.Write) error
}

func newTown() *town {
	return &town{
		contacts: map[string]contact.Contact{}, became: map[string]string{}, conversations: map[string]channel.Conversation{}, merged: map[string]string{},
		gone: map[channel.Claim]channel.Gone{}, first: map[string]time.Time{}, history: map[string][]contact.Activity{},
	}
}

func (m *town) lock() func() {
	m.mu.Lock()
	return m.mu.Unlock
}

// applier works on the town; its clock stands still.
func (m *town) applier() *channel.Applier {
	return channel.NewApplier(m, m, func() time.Time { return townDawn.Add(24 * time.Hour) }, func() string {
		defer m.lock()()
		m.ids++
		return fmt.Sprintf("id-%d", m.ids)
	})
}

// apply applies events, each batch as one message.
func (m *town) apply(t testing.TB, batches ...[]channel.Event) {
	t.Helper()
	list := make([]channel.Batch, len(batches))
	for i, events := range batches {
		list[i] = channel.Batch{Schema: 1, Workspace: townWorkspace, Events: events}
	}
	for n, err := range m.applier().Apply(context.Background(), list) {
		if err != nil {
			t.Fatalf("batch %d: %v", n, err)
		}
	}
}

func (m *town) ApplyRequest(context.Context, channel.Event) error { return nil }
func (m *town) ApplySurvey(context.Context, channel.Event) error  { return nil }

// claimsOf are what a contact holds.
func claimsOf(c contact.Contact) []channel.Claim {
	var claims []channel.Claim
	for _, i := range c.Identities {
		claims = append(claims, channel.Claim{Identity: i.Key()})
		if everywhere := (channel.Claim{Identity: i.Key().Everywhere()}); i.EveryAccount && !slices.Contains(claims, everywhere) {
			claims = append(claims, everywhere)
		}
	}
	if c.Phone != "" {
		claims = append(claims, channel.Claim{Phone: c.Phone})
	}
	if c.Email != "" {
		claims = append(claims, channel.Claim{Email: contact.EmailKey(c.Email)})
	}
	return claims
}

func (m *town) holder(claim channel.Claim) string {
	for id, c := range m.contacts {
		if slices.Contains(claimsOf(c), claim) {
			return id
		}
	}
	return ""
}

func (m *town) Known(_ context.Context, _ string, keys channel.Keys) (channel.Known, error) {
	defer m.lock()()
	known := channel.Known{
		ByIdentity: map[contact.IdentityKey]string{}, ByPhone: map[string]string{}, ByEmail: map[string]string{},
		Contacts: map[string]contact.Contact{}, Conversations: map[string]channel.Conversation{}, External: map[string]string{},
	}
	tell := func(id string) string {
		for m.became[id] != "" {
			id = m.became[id]
		}
		if c, there := m.contacts[id]; there {
			known.Contacts[id] = c
			for _, i := range c.Identities {
				if v, there := m.conversations[i.ConversationID]; there {
					known.Conversations[v.ID] = v
				}
			}
		}
		return id
	}
	for _, key := range keys.Identities {
		if id := m.holder(channel.Claim{Identity: key}); id != "" {
			known.ByIdentity[key] = tell(id)
		}
	}
	for _, phone := range keys.Phones {
		if id := m.holder(channel.Claim{Phone: phone}); id != "" {
			known.ByPhone[phone] = tell(id)
		}
	}
	for _, email := range keys.Emails {
		if id := m.holder(channel.Claim{Email: email}); id != "" {
			known.ByEmail[email] = tell(id)
		}
	}
	for _, external := range keys.Conversations {
		known.External[external] = "own-" + external
		if v, there := m.conversations["own-"+external]; there {
			known.Conversations[v.ID] = v
			if c, there := known.Contacts[tell(v.ContactID)]; there {
				known.Contacts[v.ContactID] = c
			}
		}
	}
	return known, nil
}

func (m *town) Gone(_ context.Context, _ string, claims []channel.Claim) (map[channel.Claim]channel.Gone, error) {
	defer m.lock()()
	gone := map[channel.Claim]channel.Gone{}
	for _, claim := range claims {
		if g, there := m.gone[claim]; there {
			gone[claim] = g
		}
	}
	return gone, nil
}

func (m *town) FirstSeen(_ context.Context, _ string, at map[string]time.Time) (map[string]time.Time, error) {
	defer m.lock()()
	first := map[string]time.Time{}
	for id, now := range at {
		if _, there := m.first[id]; !there {
			m.first[id] = now
		}
		first[id] = m.first[id]
	}
	return first, nil
}

// Write refuses what is not as it was read, and a claim of two contacts.
func (m *town) Write(_ context.Context, w channel.Write) error {
	defer m.lock()()
	if m.fails != nil {
		if err := m.fails(w); err != nil {
			return err
		}
	}
	if m.conflicts > 0 {
		m.conflicts--
		return channel.ErrConflict
	}
	for _, c := range w.Contacts {
		if m.contacts[c.After.ID].WriteID != c.Before.WriteID || c.Before.ID != "" && m.contacts[c.Before.ID].ID == "" {
			return channel.ErrConflict
		}
	}
	for _, c := range w.Unchanged {
		if m.contacts[c.ID].WriteID != c.WriteID {
			return channel.ErrConflict
		}
	}
	for _, j := range w.Joined {
		if m.contacts[j.Gone.ID].WriteID != j.Gone.WriteID || j.Gone.WriteID == "" {
			return channel.ErrConflict
		}
	}
	for _, v := range w.Conversations {
		if m.conversations[v.After.ID].WriteID != v.Before.WriteID {
			return channel.ErrConflict
		}
	}
	for claim, guard := range w.Guards {
		if gone, there := m.gone[claim]; there && !guard.Allows(gone) {
			return channel.ErrConflict
		}
	}
	for _, claim := range w.Free {
		if m.holder(claim) != "" {
			return channel.ErrConflict
		}
	}
	contacts := maps.Clone(m.contacts)
	for _, j := range w.Joined {
		delete(contacts, j.Gone.ID)
	}
	m.writes++
	if w.Quiet() {
		m.quiet++
	}
	for _, c := range w.Contacts {
		c.After.WriteID = fmt.Sprint("w", m.writes)
		contacts[c.After.ID] = c.After
	}
	held := map[channel.Claim]string{}
	for id, c := range contacts {
		for _, claim := range claimsOf(c) {
			if held[claim] != "" && held[claim] != id {
				return channel.ErrConflict
			}
			held[claim] = id
		}
	}
	m.contacts = contacts
	for _, j := range w.Joined {
		m.became[j.Gone.ID] = j.Into
	}
	for _, c := range w.Contacts {
		m.history[c.After.ID] = append(m.history[c.After.ID], c.Activities...)
	}
	for _, v := range w.Conversations {
		v.After.WriteID = fmt.Sprint("w", m.writes)
		m.conversations[v.After.ID] = v.After
	}
	for _, v := range w.Merged {
		delete(m.conversations, v.Gone.ID)
		m.merged[v.Gone.ID] = v.Into
	}
	maps.Copy(m.gone, w.Forwards)
	return nil
}

// delete is the deletion of a contact at a time.
func (m *town) delete(id string, at time.Time) {
	claims, second := claimsOf(m.contacts[id]), at.Truncate(time.Second)
	gone := channel.Gone{At: at, WholeUntil: second.Add(-time.Millisecond)}
	unheard := m.contacts[id].LastInteractionAt.Before(second)
	for _, claim := range claims {
		former, there := m.gone[claim]
		unheard = unheard && (!there || channel.Guard{Since: second, Second: second, Received: at}.Allows(former))
	}
	if !unheard {
		gone.WholeUntil = time.Time{}
	}
	for _, claim := range claims {
		m.gone[claim] = gone
	}
	delete(m.contacts, id)
	for key, v := range m.conversations {
		if v.ContactID == id {
			v.ContactID = ""
			m.conversations[key] = v
		}
	}
}

// only is the town's one contact.
func (m *town) only(t testing.TB) contact.Contact {
	t.Helper()
	if len(m.contacts) != 1 {
		t.Fatalf("%d contacts: %+v", len(m.contacts), slices.Collect(maps.Values(m.contacts)))
	}
	return slices.Collect(maps.Values(m.contacts))[0]
}

// faults are what is to hold at any time and does not.
func (m *town) faults() (faults []string) {
	counts := map[string]int{}
	for _, v := range m.conversations {
		id := v.ContactID
		for m.became[id] != "" {
			id = m.became[id]
		}
		if counts[id]++; id != "" && m.contacts[id].ID == "" {
			faults = append(faults, fmt.Sprintf("conversation %+v is nobody's", v))
		}
	}
	for id, c := range m.contacts {
		if c.ConversationCount != counts[id] {
			faults = append(faults, fmt.Sprintf("%s counts %d conversations and has %d", id, c.ConversationCount, counts[id]))
		}
		for _, i := range c.Identities {
			if v := m.conversations[i.ConversationID]; i.ConversationID != "" && v.ID == "" {
				faults = append(faults, fmt.Sprintf("%s speaks in a conversation that is not there", id))
			}
		}
		if (c.Phone == "") != (c.PhoneBy == "") {
			faults = append(faults, fmt.Sprintf("%s has phone %q by %q", id, c.Phone, c.PhoneBy))
		}
	}
	return faults
}

// state is what the town looks like from outside, without ids and what depends on how often something was written.
func (m *town) state() string {
	var lines []string
	for id, c := range m.contacts {
		view := c.View()
		view.ID, view.Version, view.UpdatedAt = "", 0, ""
		var talks []string
		for _, v := range m.conversations {
			owner := v.ContactID
			for m.became[owner] != "" {
				owner = m.became[owner]
			}
			if owner == id {
				talks = append(talks, fmt.Sprint(v.ExternalID, v.Channel, v.AccountID, v.StartedAt, v.LastMessageAt))
			}
		}
		slices.Sort(talks)
		body, _ := json.MarshalIndent(view, "", " ")
		lines = append(lines, fmt.Sprintf("%s %q by %v", body, talks, c.CreatedBy))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
