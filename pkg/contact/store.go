package contact

import "context"

// Store is what the domain needs of storage. Package dynamo implements it.
type Store interface {
	Keeper
	// Create stores a new contact with its claims, facets and words, whole or not at all. Another holder of the e-mail or
	// phone gives a problem.DuplicateContact that names it (e-mail first).
	// once is the key of a creation that is to happen once, or nil; ErrKeyTaken when it is taken.
	Create(ctx context.Context, c Contact, once *Once) error
	// Get reads a contact strongly, or the one that it was joined into; problem.NotFound when the workspace has none of that id.
	Get(ctx context.Context, workspace, id string) (Contact, error)
	// Update replaces before by after, with everything that follows from the difference, and records the activity; whole
	// or not at all. problem.VersionConflict when the stored version is no longer before's; problem.DuplicateContact as in Create.
	Update(ctx context.Context, before, after Contact, activity Activity) error
	// Delete removes a contact with everything that follows from it, whole or not at all, and then what hangs on it: notes, activity, the
	// words of feedback. What is left of those is removed later; conversations stay without it. problem.VersionConflict when the stored version is no longer c's;
	// problem.ContactHasRequests while there are any.
	Delete(ctx context.Context, c Contact) error
	// List reads one page.
	List(ctx context.Context, query Query) (Page, error)
	// Labels are those that some contact of the workspace has, each in the spelling that was first.
	Labels(ctx context.Context, workspace string) ([]string, error)
	// Activities reads a page of what happened to a contact, newest first, without its creation. after and next are positions in that
	// order, empty at the beginning and at the end. owners are the contact's own id and those that were joined into it.
	Activities(ctx context.Context, workspace string, owners []string, limit int, after string) (page []Activity, next string, err error)

	// Note reads a note strongly; problem.NotFound when the contact has none of that id.
	Note(ctx context.Context, workspace string, owners []string, noteID string) (Note, error)
	// Notes reads a page of a contact's notes strongly, newest first; owners and positions as in Activities.
	Notes(ctx context.Context, workspace string, owners []string, limit int, after string) (page []Note, next string, err error)
	// CountNotes counts a contact's notes, up to most; owners as in Activities. It may trail a write by some seconds.
	CountNotes(ctx context.Context, workspace string, owners []string, most int) (int, error)
	// WriteNote writes a note together with its contact, as Update does; note.Version is the new one, 1 if there was none. once as in Create.
	WriteNote(ctx context.Context, before, after Contact, activity Activity, note Note, once *Once) error
	// DeleteNote deletes a note together with the change of its contact.
	DeleteNote(ctx context.Context, before, after Contact, activity Activity, note Note) error

	// Settings reads the workspace's settings strongly; the defaults when none were written.
	Settings(ctx context.Context, workspace string) (Settings, error)
	// PutSettings replaces the settings if the stored version is still settings.Version-1; problem.VersionConflict otherwise.
	PutSettings(ctx context.Context, workspace string, settings Settings) error
}

// Settings are a workspace's own.
type Settings struct {
	DefaultRegion string // ISO 3166-1 alpha-2, upper case; empty: national phone spellings are not accepted
	NightlyBackup bool
	Version       int // 0: never written
}

// Sort names an order of a list.
type Sort string

// The orders of pkg/httpapi/README.md, "Filters and orders". SortDefault is newest first without q, and the order of
// the indexes with it.
const (
	SortDefault     Sort = ""
	SortNewest      Sort = "-createdAt"
	SortOldest      Sort = "createdAt"
	SortName        Sort = "name"
	SortInteraction Sort = "-lastInteractionAt"
)

// Query asks for one page of a workspace's contacts. Search is already understood (ParseSearch), After is the position
// that the page before ended at.
type Query struct {
	Workspace string
	Search    *Search // nil: no q
	Filter    Filter
	Sort      Sort
	Limit     int // 1 to 100
	After     *Position
}

// Position is a place in a list: between two pages it travels in the signed cursor. Phase counts the stages of a search
// (see Search); Key is the last sort key given out.
type Position struct {
	Phase int    `json:"p,omitempty"`
	Key   string `json:"k"`
}

// Page is one page. Next is nil at the end of the list. Unsorted says that there were too many matches to sort, so the
// items come in index order.
type Page struct {
	Contacts []Contact
	Next     *Position
	Unsorted bool
}

// Search is a q, understood. Nothing and Email stand alone; otherwise a contact matches by any of what is set.
type Search struct {
	Nothing bool   // q had neither letter nor digit: matches nothing
	Email   string // q held an @: the lower-cased e-mail or its beginning
	Phone   string // q reads as a whole number: E.164, looked up exactly
	Digits  string // 4 digits or more: the last digits of a phone (ASCII), or what an e-mail begins with
	// Beginning is what an e-mail begins with, in lower case, when that is more than one word ("mona.ad"); a single word
	// of Words is the beginning of an e-mail too.
	Beginning string
	Words     []string // folded; every one begins a word of the name or of a username, in any order
}
