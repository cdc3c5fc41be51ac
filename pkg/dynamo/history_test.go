package dynamo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/problem"
)

// lifeClock is the one clock of all that happens in a workspace: edits, events and deletions lie in the same time.
type lifeClock struct{ passed atomic.Int64 }

func (c *lifeClock) now() time.Time { return epoch.Add(time.Duration(c.passed.Load())) }

func (c *lifeClock) advance(d time.Duration) { c.passed.Add(int64(d)) }

// life is a random life of a small workspace, step by step, by everything that writes. A few phones, e-mails and user
// ids serve everybody, so people meet, are joined and disputed all the time.
type life struct {
	t        testing.TB
	name     string // of its imports, beside those of other histories
	s        *Store
	clock    *lifeClock
	dice     *rand.Rand
	contacts *contact.Service
	ward     *ward
	applier  *channel.Applier
	files    *workbench
	imports  []finishedImport
	kept     *kept
	lines    []string // what happened

	mentioned map[string]bool     // phones and e-mails of the step
	became    map[string][]string // number -> what it was changed into
	undone    string              // the import that the step undid
	deleted   string              // the contact that the step deleted
	made      int                 // imports, guests and keys so far
	alone     bool                // nobody else writes: everything is to succeed at once
}

// kept is what the service acknowledged and has to hold at the end, of all histories of a workspace.
type kept struct {
	sync.Mutex
	contacts map[string]string // ids that were made, and how; less those that an undo took back
	takenOff map[string]string // contact -> a phone or e-mail that an agent took off and nobody mentioned since
	forgot   []string          // phones and e-mails that were only ever one deleted contact's
}

func newKept() *kept { return &kept{contacts: map[string]string{}, takenOff: map[string]string{}} }

func newLife(t testing.TB, s *Store, clock *lifeClock, k *kept, name string, dice *rand.Rand) *life {
	s.now = clock.now
	h := &life{
		t: t, name: name, became: map[string][]string{}, s: s, clock: clock, dice: dice, kept: k, ward: wardOn(t, s), files: workbenchOn(t, s),
		contacts: contact.NewService(s, phone.Parse, phone.ValidRegion, clock.now),
	}
	h.applier = channel.NewApplier(s, h.ward.Cases, clock.now, uuid.NewString)
	return h
}

// steps are what may happen, and how often.
var steps = []struct {
	weight int
	do     func(*life)
}{
	{26, (*life).hear},
	{6, (*life).changeNumber},
	{10, (*life).createContact},
	{12, (*life).editContact},
	{4, (*life).labelContact},
	{6, (*life).writeNote},
	{7, (*life).deleteContact},
	{12, (*life).tellOfRequest},
	{4, (*life).answerSurvey},
	{10, (*life).importRows},
	{6, (*life).undoImport},
	{2, (*life).changeSettings},
	{4, (*life).receiveGuest},
	{2, (*life).sweep},
}

// step does one thing that may happen.
func (h *life) step() {
	h.clock.advance(time.Duration(500+h.dice.IntN(2_500)) * time.Millisecond)
	h.mentioned, h.undone, h.deleted = map[string]bool{}, "", ""
	h.files.at = h.clock.now().Truncate(time.Millisecond)
	n := 0
	for _, s := range steps {
		n += s.weight
	}
	n = h.dice.IntN(n)
	for _, s := range steps {
		if n -= s.weight; n < 0 {
			s.do(h)
			return
		}
	}
}

func (h *life) say(format string, args ...any) {
	h.lines = append(
		h.lines,
		fmt.Sprintf("%3d %s ", len(h.lines), h.clock.now().Format("15:04:05.000"))+fmt.Sprintf(format, args...),
	)
}

// must demands that an error is none, or has one of these codes.
func (h *life) must(err error, allowed ...problem.Code) bool {
	if err != nil && !slices.Contains(allowed, problem.CodeOf(err)) {
		h.t.Errorf("life %s, %s: %.600v", h.name, h.lines[len(h.lines)-1], err)
	}
	return err == nil
}

// mention notes a phone or an e-mail that the step says, and what a number has become: events of before are led there.
func (h *life) mention(value string) string {
	value = strings.TrimPrefix(value, "+")
	if value != "" && !h.mentioned[value] {
		h.mentioned[value] = true
		for _, next := range h.became[value] {
			h.mention(next)
		}
	}
	return value
}

// chance is true once in n times.
func (h *life) chance(n int) bool { return h.dice.IntN(n) == 0 }

func (h *life) number() string { return h.mention(fmt.Sprintf("2010000000%02d", h.dice.IntN(6))) }
func (h *life) email() string  { return h.mention(fmt.Sprintf("p%d@example.com", h.dice.IntN(6))) }
func (h *life) userID() string { return fmt.Sprintf("EG.user%d", h.dice.IntN(6)) }
func (h *life) label() string  { return fmt.Sprintf("label %d", h.dice.IntN(5)) }
func (h *life) conversation() string {
	return fmt.Sprintf("conversation %d", h.dice.IntN(5))
}

func maybe[T any](h *life, n int, value func() T) (drawn T) {
	if h.chance(n) {
		drawn = value()
	}
	return drawn
}

func (h *life) anybody() (contact.Contact, bool) {
	all := everybody(h.t, h.s)
	if len(all) == 0 {
		return contact.Contact{}, false
	}
	return all[h.dice.IntN(len(all))], true
}

func (h *life) createContact() {
	name := fmt.Sprint("Api Person ", h.dice.IntN(9))
	draft := contact.Draft{
		Name:       &name,
		Labels:     []string{h.label()},
		Attributes: map[string]any{"plan": fmt.Sprint(h.dice.IntN(3))},
	}
	if email := maybe(h, 2, h.email); email != "" {
		draft.Email = &email
	}
	if number := maybe(h, 2, h.number); number != "" {
		number = "+" + number
		draft.Phone = &number
	}
	var once *contact.Once
	if h.chance(3) {
		h.made++
		once = &contact.Once{Route: "POST /v1/contacts", Key: fmt.Sprint(h.name, h.made), Body: "b"}
	}
	first := h.createOnce(draft, once)
	if once != nil && first != "" { // the client asks again, as it heard nothing
		again := *once
		again.Answer = nil
		if second := h.createOnce(draft, &again); second != first && second != "" {
			if _, err := h.contacts.Get(ctx, ws, first); err == nil {
				h.t.Errorf("life %s: one key made %s and %s", h.name, first, second)
			}
		}
	}
}

func (h *life) createOnce(draft contact.Draft, once *contact.Once) string {
	made, err := h.contacts.Create(ctx, ws, user, draft, once)
	h.say("create %q %v %v: %s %v", *draft.Name, value(draft.Email), value(draft.Phone), made.ID, err)
	if !h.must(err, problem.DuplicateContact) {
		return ""
	}
	h.keep(made.ID, "created")
	return made.ID
}

func value(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func (h *life) keep(id, how string) {
	h.kept.Lock()
	defer h.kept.Unlock()
	h.kept.contacts[id] = how + " by life " + h.name
}

func (h *life) editContact() {
	c, found := h.anybody()
	if !found {
		return
	}
	set := func(v string) contact.Field[string] {
		if h.chance(3) {
			return contact.Field[string]{Set: true, Null: true}
		}
		return contact.Field[string]{Set: true, Value: v}
	}
	var p contact.Patch
	field := h.dice.IntN(6)
	if strings.HasPrefix(c.Email, "guest") || strings.HasPrefix(c.Phone, "+20111") {
		field = max(field, 2) // what a guest has alone, no other life takes off, or who writes is somebody else
	}
	switch field {
	case 0:
		p.Phone = set("+" + h.number())
	case 1:
		p.Email = set(h.email())
	case 2:
		p.Name = contact.Field[string]{Set: true, Value: fmt.Sprint("Some Name Of ", h.dice.IntN(9))}
	case 3:
		p.Company = set(fmt.Sprint("Company ", h.dice.IntN(3)))
	case 4:
		p.Labels = contact.Field[[]string]{Set: true, Value: []string{h.label(), h.label()}}
	case 5:
		p.Attributes = contact.Field[map[string]any]{
			Set:   true,
			Value: map[string]any{"plan": nil, "city": fmt.Sprint(h.dice.IntN(3))},
		}
	}
	var ifMatch contact.Precondition
	if h.chance(3) {
		ifMatch.Revisions = []contact.Revision{{ID: c.ID, Version: c.Version}}
	}
	_, err := h.contacts.Update(ctx, ws, c.ID, user, p, ifMatch)
	h.say("edit %s %s: %v", c.ID, edited(p), err)
	h.must(err, problem.DuplicateContact, problem.ValidationFailed, problem.NotFound, problem.VersionConflict)
}

// edited is what a patch sets, in words.
func edited(p contact.Patch) string {
	var set []string
	say := func(field string, is bool, value any) {
		if is {
			set = append(set, fmt.Sprintf("%s %q", field, fmt.Sprint(value)))
		}
	}
	say("phone", p.Phone.Set, p.Phone.Value)
	say("e-mail", p.Email.Set, p.Email.Value)
	say("name", p.Name.Set, p.Name.Value)
	say("company", p.Company.Set, p.Company.Value)
	say("labels", p.Labels.Set, p.Labels.Value)
	say("attributes", p.Attributes.Set, p.Attributes.Value)
	return strings.Join(set, ", ")
}

func (h *life) labelContact() {
	c, found := h.anybody()
	if !found {
		return
	}
	label, change, done := h.label(), h.contacts.AddLabel, "label"
	if h.chance(2) {
		change, done = h.contacts.RemoveLabel, "take label off"
	}
	err := change(ctx, ws, c.ID, user, label)
	h.say("%s %s %q: %v", done, c.ID, label, err)
	h.must(err, problem.NotFound)
}

func (h *life) writeNote() {
	c, found := h.anybody()
	if !found {
		return
	}
	notes, _, err := h.contacts.Notes(ctx, ws, c.ID, 10, "")
	if !h.must(err, problem.NotFound) {
		return
	}
	switch n := h.dice.IntN(3); {
	case n == 0 || len(notes) == 0:
		_, err = h.contacts.AddNote(ctx, ws, c.ID, user, "a note", nil)
		h.say("note of %s: %v", c.ID, err)
	case n == 1:
		_, err = h.contacts.UpdateNote(
			ctx,
			ws,
			c.ID,
			notes[0].ID,
			user,
			fmt.Sprint("another text ", h.dice.IntN(9)),
			contact.Precondition{},
		)
		h.say("note %s of %s edited: %v", notes[0].ID, c.ID, err)
	default:
		err = h.contacts.DeleteNote(ctx, ws, c.ID, notes[0].ID, user, contact.Precondition{})
		h.say("note %s of %s deleted: %v", notes[0].ID, c.ID, err)
	}
	h.must(err, problem.NotFound)
}

func (h *life) deleteContact() {
	c, found := h.anybody()
	if !found {
		return
	}
	var ifMatch contact.Precondition
	if h.chance(3) {
		ifMatch.Revisions = []contact.Revision{{ID: c.ID, Version: c.Version}}
	}
	err := h.contacts.Delete(ctx, ws, c.ID, ifMatch)
	h.say("delete %s: %v", c.ID, err)
	if h.must(err, problem.ContactHasRequests, problem.NotFound, problem.VersionConflict) {
		h.deleted = c.ID
	}
}

func (h *life) changeSettings() {
	region := contact.Field[string]{Set: true, Value: []string{"EG", "SA"}[h.dice.IntN(2)]}
	_, err := h.contacts.UpdateSettings(
		ctx,
		ws,
		contact.SettingsPatch{DefaultRegion: region, NightlyBackup: contact.Field[bool]{Set: true, Value: h.chance(2)}},
		contact.Precondition{},
	)
	h.say("settings %s: %v", region.Value, err)
	h.must(err)
}

// receiveGuest has somebody come whose phone and e-mail nobody else has, write, and be deleted, also by whoever wrote
// to them: nothing of them is to be left, or to come back by what was said of them before.
func (h *life) receiveGuest() {
	h.made++
	number, email := h.guest()
	name := "Guest Of " + h.name
	phone := "+" + number
	made, err := h.contacts.Create(ctx, ws, user, contact.Draft{Name: &name, Phone: &phone, Email: &email}, nil)
	h.say("guest %s %s: %s %v", phone, email, made.ID, err)
	if !h.must(err) {
		return
	}
	h.keep(made.ID, "received")
	wrote := h.happened(channel.Message, called(channeltest.WhatsApp(number, ""), "Guest", ""))
	h.say("guest writes at %s", wrote.At.Format("15:04:05"))
	h.must(h.deliver(wrote))
	_, err = h.contacts.AddNote(ctx, ws, made.ID, user, "called from "+phone, nil)
	h.say("note of the guest: %v", err)
	if h.must(err, problem.NotFound); h.chance(2) {
		return
	}
	err = h.contacts.Delete(ctx, ws, made.ID, contact.Precondition{})
	h.say("guest deleted: %v", err)
	if !h.must(err, problem.ContactHasRequests, problem.NotFound) {
		return
	}
	h.deleted = made.ID
	again := wrote
	again.ID, again.At = uuid.NewString(), wrote.At.Add(-time.Second)
	h.say("what the guest wrote before comes late")
	h.must(h.deliver(wrote, again))
	h.kept.Lock()
	defer h.kept.Unlock()
	h.kept.forgot = append(h.kept.forgot, number, email)
}

// guest is a phone and an e-mail that nobody else mentions.
func (h *life) guest() (number, email string) {
	sum := 0
	for _, b := range []byte(h.name) {
		sum = sum*10 + int(b%10)
	}
	n := (sum%100)*1_000 + h.made
	return h.mention(fmt.Sprintf("20111%07d", n)), h.mention(fmt.Sprintf("guest%d@example.com", n))
}

// sweep looks at the events that wait, and at what deleted contacts left.
func (h *life) sweep() {
	swept, err := h.ward.Sweep(ctx)
	h.say("sweep: %+v %v", swept, err)
	h.must(err)
	_, err = h.s.CleanUp(ctx)
	h.must(err)
}

// isKnown says whether a contact is there, by its own name or as part of another, or was deleted by somebody.
func (h *life) isKnown(id string) bool {
	party, err := h.s.Party(ctx, ws, id)
	if err != nil {
		h.t.Errorf("life %s: contact %s: %v", h.name, id, err)
	}
	return party.ContactID != "" || party.Gone
}
