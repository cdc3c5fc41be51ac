package channel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of requests and feedback; that of comments is in pkg/httpapi/README.md, "Limits". Ids stand in storage keys,
// hence the limit in bytes.
const (
	MaxCaseID  = 512    // bytes of a requestId or surveyId
	MaxSubject = 10_000 // characters
	MaxStatus  = 200    // characters
	MaxComment = 10_000 // characters
)

// maxCaseTries bounds how often an event is decided again because others changed the same request or contact meanwhile.
const maxCaseTries = 20

// Refused says that an event can never be applied, and why: it belongs to the dead letters.
type Refused struct{ Reason string }

// Error implements error.
func (r *Refused) Error() string { return "channel: " + r.Reason }

func refused(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// notYet says that an event is about somebody who has not been seen.
type notYet struct{ reason string }

// Error implements error.
func (n *notYet) Error() string { return "channel: " + n.reason }

// Cases applies what the platform says of requests and surveys. It creates no contacts: an event about somebody who has not been seen waits
// for them, and goes to the dead letters after a day.
type Cases struct {
	store CaseStore
	dead  DeadLetters
	now   func() time.Time
}

// NewCases makes Cases; now is the clock.
func NewCases(store CaseStore, dead DeadLetters, now func() time.Time) *Cases {
	return &Cases{store, dead, now}
}

// ApplyRequest applies an event of kind RequestChanged, or has it wait. A *Refused says that the event is unusable; any other error is a
// reason to deliver it again.
func (c *Cases) ApplyRequest(ctx context.Context, e Event) error {
	return c.orWait(ctx, e, c.request(ctx, e))
}

// ApplySurvey applies an event of kind SurveySubmitted, or has it wait; errors as of ApplyRequest.
func (c *Cases) ApplySurvey(ctx context.Context, e Event) error {
	return c.orWait(ctx, e, c.survey(ctx, e))
}

func (c *Cases) orWait(ctx context.Context, e Event, err error) error {
	if _, early := errors.AsType[*notYet](err); early {
		return c.store.Wait(ctx, Waiting{e, c.now().UTC()})
	}
	return err
}

func (c *Cases) request(ctx context.Context, e Event) error {
	if err := checkRequest(e); err != nil {
		return err
	}
	return again(ctx, func() error {
		before, err := c.store.StoredRequest(ctx, e.Workspace, e.Request.ID)
		if err != nil {
			return err
		}
		if err := c.mayChange(ctx, before, e); err != nil {
			return err
		}
		if e.Bound && before.WriteID == "" {
			before.Origin = e.account()
		}
		after, err := c.decide(ctx, before, e)
		if err != nil {
			return err
		}
		// An event that counts as of its arrival has another time whenever it comes: its id alone tells a repetition.
		var once string
		if e.At.Equal(e.ReceivedAt) {
			once = e.ID
		}
		if after == before && once == "" {
			return nil
		}
		return c.store.PutRequest(ctx, before, after, once)
	})
}

// decide is what a request becomes by an event.
func (c *Cases) decide(ctx context.Context, before StoredRequest, e Event) (StoredRequest, error) {
	party, conversation, err := c.about(ctx, before, e)
	if err != nil {
		return before, err
	}
	if e.Bound && before.WriteID == "" && e.Request.Action == Deleted {
		// A deletion is final, also of what comes later: made ahead of a request of another account, it would stop
		// that.
		return before, &notYet{"no request of the event's requestId is known; send what opened it first, then redrive"}
	}
	if before.settled() || party.known() || e.Request.Action == Deleted { // a deletion needs nobody: it is final
		return before.about(party, conversation).with(e), nil
	}
	return before, unseen(e, e.Request.ConversationID)
}

// about finds out what is not known yet of whom and what an event is about.
func (c *Cases) about(ctx context.Context, before StoredRequest, e Event) (party Party, conversation ConversationRef, err error) {
	if id := e.Request.ConversationID; id != "" && !before.ConversationSeen {
		if conversation, err = c.store.ConversationRef(ctx, e.Workspace, id); err != nil {
			return party, conversation, err
		}
		if e.Bound && conversation.Seen && conversation.Account != e.account() {
			return party, conversation, refused(otherAccount, "conversationId")
		}
	}
	if !before.settled() {
		party, err = c.party(ctx, e, conversation, "")
	}
	return party, conversation, err
}

// party is whom an event is about: the contact that it names, else that of the conversation, else that of the request, else the person.
func (c *Cases) party(ctx context.Context, e Event, conversation ConversationRef, requestID string) (party Party, err error) {
	if e.ContactID != "" {
		party, err = c.store.Party(ctx, e.Workspace, e.ContactID)
		if err == nil && e.Bound && party.ContactID != "" && !slices.Contains(party.Accounts, e.account()) {
			return party, refused(otherAccount, "contactId")
		}
	}
	if err == nil && !party.known() {
		party = conversation.Party
	}
	if err == nil && requestID != "" && (e.Bound || !party.known()) {
		var ofRequest Party
		if ofRequest, err = c.ofRequest(ctx, e, requestID); !party.known() {
			party = ofRequest
		}
	}
	if err == nil && !party.known() && e.Person.named() {
		party, err = c.store.PersonParty(ctx, e)
	}
	return party, err
}

// named says that there is something by which a person may be known.
func (p Person) named() bool { return len(p.Addresses) > 0 || p.Phone != "" || p.Email != "" }

// otherAccount is why an event is refused that came with the secret of one account and names what is of another.
const otherAccount = "the %s of the event names what belongs to another account; send it with a secret of channel platform"

// mayChange refuses an event about a request that is of another account than its own, where it may touch no other. A
// request is of the account that made it, or of that of its conversation.
func (c *Cases) mayChange(ctx context.Context, request StoredRequest, e Event) error {
	if !e.Bound || request.WriteID == "" || request.Origin == e.account() {
		return nil
	}
	if request.ConversationID != "" {
		conversation, err := c.store.ConversationRef(ctx, e.Workspace, request.ConversationID)
		if err != nil || conversation.Seen && conversation.Account == e.account() {
			return err
		}
	}
	return refused(otherAccount, "requestId")
}

func (c *Cases) ofRequest(ctx context.Context, e Event, id string) (Party, error) {
	workspace := e.Workspace
	request, err := c.store.StoredRequest(ctx, workspace, id)
	if err == nil {
		err = c.mayChange(ctx, request, e)
	}
	switch {
	case err != nil || request.Gone:
		return Party{Gone: request.Gone}, err
	case request.ContactID == "":
		return Party{}, nil
	}
	return c.store.Party(ctx, workspace, request.ContactID)
}

func (c *Cases) survey(ctx context.Context, e Event) error {
	if err := checkSurvey(e); err != nil {
		return err
	}
	return again(ctx, func() error {
		there, err := c.store.HasFeedback(ctx, e.Workspace, e.Survey.ID)
		if err != nil || there {
			return err
		}
		f := StoredFeedback{Workspace: e.Workspace, Feedback: *e.Survey}
		f.SubmittedAt = e.At
		var conversation ConversationRef
		if id := e.Survey.ConversationID; id != "" {
			if conversation, err = c.store.ConversationRef(ctx, e.Workspace, id); err != nil {
				return err
			}
			if e.Bound && conversation.Seen && conversation.Account != e.account() {
				return refused(otherAccount, "conversationId")
			}
			f.ConversationID, f.ConversationSeen = conversation.ID, conversation.Seen
		}
		party, err := c.party(ctx, e, conversation, e.Survey.RequestID)
		switch {
		case err != nil:
			return err
		case !party.known():
			return unseen(e, e.Survey.ConversationID)
		}
		if f.ContactID = party.ContactID; party.Gone {
			f.Comment = "" // the words of somebody who was deleted
		}
		return c.store.PutFeedback(ctx, f)
	})
}

// unseen says what an event waits for. The reason names no person: it is logged, and travels with the dead letter.
func unseen(e Event, conversationID string) error {
	var named []string
	if e.ContactID != "" {
		named = append(named, "contactId")
	}
	if conversationID != "" {
		named = append(named, "conversationId")
	}
	if e.Kind == SurveySubmitted && e.Survey.RequestID != "" {
		named = append(named, "requestId")
	}
	if e.Person.named() {
		named = append(named, "contact")
	}
	if len(named) == 0 {
		return &notYet{"the event names neither contactId, conversationId nor contact, and its request is not known; name one of them"}
	}
	return &notYet{"nobody and nothing known has the " + strings.Join(named, ", or the ") + " of the event; send the conversation's messages first, then redrive"}
}

func checkRequest(e Event) error {
	switch r := e.Request; {
	case r == nil:
		return refused("an event of kind %s holds no request", e.Kind)
	case e.Refused != "":
		return &Refused{e.Refused}
	case r.ID == "" || len(r.ID) > MaxCaseID || !utf8.ValidString(r.ID):
		return refused("requestId is absent or has over %d bytes", MaxCaseID)
	case utf8.RuneCountInString(r.Subject) > MaxSubject:
		return refused("subject has over %d characters", MaxSubject)
	case utf8.RuneCountInString(r.Status) > MaxStatus:
		return refused("status has over %d characters", MaxStatus)
	case r.Action != Opened && r.Action != Updated && r.Action != Closed && r.Action != Deleted:
		return refused("there is no action %q on requests", r.Action)
	}
	return nil
}

func checkSurvey(e Event) error {
	switch f := e.Survey; {
	case f == nil:
		return refused("an event of kind %s holds no survey", e.Kind)
	case e.Refused != "":
		return &Refused{e.Refused}
	case f.ID == "" || len(f.ID) > MaxCaseID || !utf8.ValidString(f.ID):
		return refused("surveyId is absent or has over %d bytes", MaxCaseID)
	case len(f.RequestID) > MaxCaseID:
		return refused("requestId has over %d bytes", MaxCaseID)
	case utf8.RuneCountInString(f.Comment) > MaxComment:
		return refused("comment has over %d characters", MaxComment)
	case math.IsNaN(f.Score) || math.IsInf(f.Score, 0) || math.IsNaN(f.MaxScore) || math.IsInf(f.MaxScore, 0):
		return refused("score and maxScore are numbers")
	}
	return nil
}

// again decides anew while others change the same things.
func again(ctx context.Context, try func() error) error {
	for n := 1; ; n++ {
		err := try()
		if !errors.Is(err, ErrConflict) || n == maxCaseTries {
			return err
		}
		if err := shortly(ctx, n); err != nil {
			return err
		}
	}
}
