package contact

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/problem"
)

// Service is what can be done with contacts. Its errors are problem.Error where a caller is to be told what to do.
type Service struct {
	store       Store
	parse       ParsePhone
	validRegion func(code string) bool
	now         func() time.Time
}

// NewService makes a service. Phones are read by parse, region codes checked by validRegion; now is the clock.
func NewService(store Store, parse ParsePhone, validRegion func(code string) bool, now func() time.Time) *Service {
	return &Service{store: store, parse: parse, validRegion: validRegion, now: now}
}

// instant is the present, as precise as it is shown.
func (s *Service) instant() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// Create makes a contact; with once, only if none was made for its key. Errors: ValidationFailed, DuplicateContact, ContactTooLarge,
// IdempotencyKeyReused, RequestInProgress.
func (s *Service) Create(ctx context.Context, workspace string, actor Actor, draft Draft, once *Once) (Contact, error) {
	return OnlyOnce(ctx, s.store, workspace, once, func() (Contact, error) { return s.create(ctx, workspace, actor, draft, once) })
}

func (s *Service) create(ctx context.Context, workspace string, actor Actor, draft Draft, once *Once) (Contact, error) {
	patch, err := draft.normalize(s.phoneReader(ctx, workspace))
	if err != nil {
		return Contact{}, err
	}
	now := s.instant()
	blank := Contact{Workspace: workspace, ID: uuid.NewString(), Channel: API, CreatedAt: now, UpdatedAt: now, CreatedBy: actor, NamedBy: actor.Type}
	made, _, _ := Apply(blank, patch, actor, now)
	made.Version = 1
	if err := check(Contact{}, made); err != nil {
		return Contact{}, err
	}
	if err := once.Keep(made); err != nil {
		return Contact{}, err
	}
	if err := s.store.Create(ctx, made, once); err != nil {
		return Contact{}, err
	}
	return made, nil
}

// check demands what holds for a contact as a whole. Joins may have left more than a request may bring: the limits
// then are what the contact had before, so that every change that adds nothing to it goes through. Likewise a change
// of a number may have taken the only identity of a contact without a name.
func check(before, after Contact) error {
	nameless := func(c Contact) bool { return c.Name == "" && len(c.Identities) == 0 }
	if nameless(after) && (before.ID == "" || !nameless(before)) {
		return problem.Invalid("body.name", nil, "%s", errNoName)
	}
	if len(after.Labels) > len(before.Labels) {
		if err := checkLabelCount(after.Labels); err != nil {
			return problem.Invalid("body.labels", nil, "%s", err)
		}
	}
	if len(after.Attributes) > len(before.Attributes) {
		if err := checkAttributeCount(len(after.Attributes)); err != nil {
			return problem.Invalid("body.customAttributes", nil, "%s", err)
		}
	}
	return CheckSize(before, after)
}

// Get reads a contact; NotFound when the workspace has none of that id.
func (s *Service) Get(ctx context.Context, workspace, id string) (Contact, error) {
	return s.store.Get(ctx, workspace, id)
}

// maxUpdateTries bounds how often a change without precondition is decided again because others changed the contact meanwhile.
const maxUpdateTries = 20

// Update applies a merge patch. A patch that changes nothing writes nothing. Without precondition the last write wins.
// Errors: NotFound, VersionConflict, ValidationFailed, DuplicateContact, ContactTooLarge, Unavailable.
func (s *Service) Update(ctx context.Context, workspace, id string, actor Actor, patch Patch, ifMatch Precondition) (Contact, error) {
	return s.edit(ctx, workspace, id, actor, ifMatch, func(before Contact) (Patch, error) {
		return patch.normalize(before, s.phoneReader(ctx, workspace))
	})
}

// edit changes a contact by a patch of normalised values that may depend on what it is; again when others changed it meanwhile.
func (s *Service) edit(ctx context.Context, workspace, id string, actor Actor, ifMatch Precondition, decide func(before Contact) (Patch, error)) (Contact, error) {
	for try := 1; ; try++ {
		before, err := s.current(ctx, workspace, id, ifMatch)
		if err != nil {
			return Contact{}, err
		}
		patch, err := decide(before)
		if err != nil {
			return Contact{}, err
		}
		after, activity, changed := Apply(before, patch, actor, s.instant())
		if !changed {
			return before, nil
		}
		if err := check(before, after); err != nil {
			return Contact{}, err
		}
		if err = s.store.Update(ctx, before, after, activity); err == nil {
			return after, nil
		}
		if err := again(ctx, err, try); err != nil {
			return Contact{}, err
		}
	}
}

// current reads a contact that is to be changed; VersionConflict when it is not as the caller demands.
func (s *Service) current(ctx context.Context, workspace, id string, ifMatch Precondition) (Contact, error) {
	c, err := s.store.Get(ctx, workspace, id)
	if err == nil && !ifMatch.Allows(c.Revision()) {
		err = problem.New(problem.VersionConflict, "The contact is at version %d now; read it again and repeat the change.", c.Version)
	}
	return c, err
}

// Delete removes a contact for good. Errors: NotFound, VersionConflict, ContactHasRequests, Unavailable.
func (s *Service) Delete(ctx context.Context, workspace, id string, ifMatch Precondition) error {
	for try := 1; ; try++ {
		c, err := s.current(ctx, workspace, id, ifMatch)
		if err != nil {
			return err
		}
		if err = s.store.Delete(ctx, c); err == nil {
			return nil
		}
		if err := again(ctx, err, try); err != nil {
			return err
		}
	}
}

// again says by nil that a write that failed is worth another try, now: others changed the same thing meanwhile. With a
// precondition that names versions, the next reading then tells that there is no such version any more.
func again(ctx context.Context, err error, try int) error {
	switch {
	case problem.CodeOf(err) != problem.VersionConflict:
		return err
	case try == maxUpdateTries:
		return &problem.Error{Code: problem.Unavailable, Detail: "Too many others change this at the moment; repeat the request.", Cause: err}
	default:
		return pause(ctx, try)
	}
}

// pause waits a random time that grows with the tries, so that writers of one contact get out of each other's way.
func pause(ctx context.Context, try int) error {
	longest := min(time.Duration(try)*10*time.Millisecond, 100*time.Millisecond)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(longest)): //nolint:gosec // no secret
		return nil
	}
}

// regionError says that the default region could not be read: the fault is ours and not of the number.
type regionError struct{ cause error }

// Error implements error.
func (e *regionError) Error() string { return "read the default region: " + e.cause.Error() }

// Unwrap returns the cause.
func (e *regionError) Unwrap() error { return e.cause }

// phoneReader reads phones with the workspace's default region, which is looked up only when a number needs it.
func (s *Service) phoneReader(ctx context.Context, workspace string) func(string) (string, error) {
	return func(raw string) (string, error) {
		number, err := s.parse(raw, "")
		if err == nil {
			return number, nil
		}
		settings, settingsErr := s.store.Settings(ctx, workspace)
		if settingsErr != nil {
			return "", &regionError{settingsErr}
		}
		if settings.DefaultRegion == "" {
			return "", err
		}
		return s.parse(raw, settings.DefaultRegion)
	}
}
