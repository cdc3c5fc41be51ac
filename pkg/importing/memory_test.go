package importing

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// memory keeps what the adapters keep, under the same conditions. Every call may be struck by a fault. It says loudly when a caller
// does what must never happen: a row decided twice, a chunk counted wrongly, an ended import that changes.
type memory struct {
	mu       sync.Mutex
	striking sync.Mutex
	strike   func(call string) fault        // called before every call, without the lock; nil: nothing fails
	lethal   func(row contact.Contact) bool // a contact whose writing kills the process

	imports  map[Ref]Import
	chunks   map[chunkName]ChunkState
	totals   map[Ref]Totals
	contacts map[string]contact.Contact // by workspace and id
	claims   map[string]string          // value -> id of the contact that holds it
	notes    map[string]map[string]contact.Note
	history  []contact.Activity
	undo     undoMemory

	uploads  map[string][]upload
	work     map[string][]byte
	messages []message
	starts   []Ref // runs that were asked for
	failed   []FailedCall
	hidden   []FailedCall // received and not deleted
	released []FailedCall // of these, those that come again soon
}

type chunkName struct {
	Ref
	number int
}

var (
	_ Library     = (*memory)(nil)
	_ ChunkStore  = (*memory)(nil)
	_ FileStore   = (*memory)(nil)
	_ ChunkQueue  = (*memory)(nil)
	_ FailedCalls = (*memory)(nil)
	_ Links       = (*memory)(nil)
	_ Starter     = (*memory)(nil)
)

func newMemory() *memory {
	return &memory{
		imports: map[Ref]Import{}, chunks: map[chunkName]ChunkState{}, totals: map[Ref]Totals{}, contacts: map[string]contact.Contact{},
		claims: map[string]string{}, notes: map[string]map[string]contact.Note{}, uploads: map[string][]upload{}, work: map[string][]byte{},
		undo: newUndoMemory(),
	}
}

// Kept keeps no keys: package dynamo's tests do.
func (m *memory) CountOpenImports(_ context.Context, workspace string, _ int) (open int, err error) {
	for ref, job := range m.imports {
		if ref.Workspace == workspace && job.Status.Open() {
			open++
		}
	}
	return open, nil
}

func (m *memory) Kept(context.Context, string, *contact.Once) ([]byte, error) { return nil, nil }

func (m *memory) CreateImport(ctx context.Context, job Import, _ *contact.Once) error {
	return m.do(ctx, "CreateImport", func() error {
		ref := Ref{job.Workspace, job.ID}
		if _, taken := m.imports[ref]; taken {
			return ErrExists
		}
		m.imports[ref] = job
		return nil
	})
}

func (m *memory) Import(ctx context.Context, ref Ref) (job Import, err error) {
	err = m.do(ctx, "Import", func() error {
		var found bool
		if job, found = m.imports[ref]; !found {
			return problem.New(problem.NotFound, "There is no such import.")
		}
		return nil
	})
	return job, err
}

func (m *memory) UpdateImport(ctx context.Context, job Import) (Import, error) {
	err := m.do(ctx, "UpdateImport", func() error {
		stored, found := m.imports[Ref{job.Workspace, job.ID}]
		if !found || stored.Version != job.Version {
			return ErrStale
		}
		must(stored.Status.Open() || job.Status == Undoing && stored.Status != Undone, "an import that is %s changes", stored.Status)
		job.Version++
		m.imports[Ref{job.Workspace, job.ID}] = job
		return nil
	})
	if err != nil {
		return Import{}, err
	}
	return job, nil
}

func (m *memory) Counted(ctx context.Context, ref Ref) (totals Totals, err error) {
	err = m.do(ctx, "Counted", func() error {
		totals = m.totals[ref]
		return nil
	})
	return totals, err
}

func (m *memory) OpenImports(ctx context.Context) (refs []Ref, err error) {
	err = m.do(ctx, "OpenImports", func() error {
		for ref, job := range m.imports {
			if job.Status.Open() {
				refs = append(refs, ref)
			}
		}
		slices.SortFunc(refs, func(a, b Ref) int { return cmp.Compare(a.ID, b.ID) })
		return nil
	})
	return refs, err
}

func (m *memory) ListImports(ctx context.Context, workspace string, limit int, after string) (jobs []Import, next string, err error) {
	err = m.do(ctx, "ListImports", func() error {
		position := func(job Import) string { return contact.FormatTime(job.CreatedAt) + job.ID }
		for _, job := range m.imports {
			if job.Workspace == workspace && (after == "" || position(job) < after) {
				jobs = append(jobs, job)
			}
		}
		slices.SortFunc(jobs, func(a, b Import) int { return cmp.Compare(position(b), position(a)) })
		if len(jobs) > limit {
			jobs = jobs[:limit]
			next = position(jobs[limit-1])
		}
		return nil
	})
	return jobs, next, err
}

func (m *memory) Chunk(ctx context.Context, ref ChunkRef) (state ChunkState, err error) {
	err = m.do(ctx, "Chunk", func() error {
		state = m.chunks[chunkName{ref.Ref, ref.Number}]
		return nil
	})
	return state, err
}

func (m *memory) ClosedChunks(ctx context.Context, ref Ref, n int) (map[int]bool, error) {
	closed := map[int]bool{}
	err := m.do(ctx, "ClosedChunks", func() error {
		for name, state := range m.chunks {
			if name.Ref == ref && state.Closed && name.number < n {
				closed[name.number] = true
			}
		}
		return nil
	})
	return closed, err
}

func (m *memory) Match(ctx context.Context, workspace string, asked Keys) (Matches, error) {
	matches := Matches{map[contact.IdentityKey]string{}, map[string]string{}, map[string]string{}, map[string]contact.Contact{}}
	err := m.do(ctx, "Match", func() error {
		for _, id := range asked.IDs {
			if c, found := m.contacts[workspace+"/"+id]; found {
				matches.ByID[id] = c
			}
		}
		for _, identity := range asked.Identities {
			if id := m.claims[identityClaim(workspace, identity)]; id != "" {
				matches.ByIdentity[identity], matches.ByID[id] = id, m.contacts[workspace+"/"+id]
			}
		}
		for _, email := range asked.Emails {
			if id := m.claims[emailClaim(workspace, email)]; id != "" {
				matches.ByEmail[email], matches.ByID[id] = id, m.contacts[workspace+"/"+id]
			}
		}
		for _, phone := range asked.Phones {
			if id := m.claims[phoneClaim(workspace, phone)]; id != "" {
				matches.ByPhone[phone], matches.ByID[id] = id, m.contacts[workspace+"/"+id]
			}
		}
		return nil
	})
	return matches, err
}

func (m *memory) NoteTexts(ctx context.Context, workspace, contactID string) (map[string]int, error) {
	texts := map[string]int{}
	err := m.do(ctx, "NoteTexts", func() error {
		for _, note := range m.notes[workspace+"/"+contactID] {
			texts[note.Text]++
		}
		return nil
	})
	return texts, err
}

func (m *memory) MarkTrying(ctx context.Context, ref ChunkRef, state ChunkState, index int) (ChunkState, error) {
	after := state
	err := m.do(ctx, "MarkTrying", func() error {
		name := chunkName{ref.Ref, ref.Number}
		if m.chunks[name].Version != state.Version {
			return ErrStale
		}
		after = nextState(ref, state)
		after = after.Mark(index)
		m.chunks[name] = after
		return nil
	})
	if err != nil {
		return state, err
	}
	return after, nil
}

func (m *memory) Close(ctx context.Context, ref ChunkRef, state ChunkState, tally Totals) error {
	return m.do(ctx, "Close", func() error {
		name := chunkName{ref.Ref, ref.Number}
		stored := m.chunks[name]
		switch {
		case state.Closed || stored.Closed:
			return nil
		case stored.Version != state.Version:
			return ErrStale
		}
		must(!strings.ContainsRune(stored.Outcomes, rune(Pending)) && len(stored.Outcomes) == ref.Rows, "chunk %d is closed with outcomes %q", ref.Number, stored.Outcomes)
		must(tally.Processed == ref.Rows && tally.Created+tally.Updated+tally.Skipped+tally.Failed == ref.Rows, "chunk %d of %d rows counts %+v", ref.Number, ref.Rows, tally)
		stored.Closed, stored.Version = true, stored.Version+1
		m.chunks[name] = stored
		sum := m.totals[ref.Ref]
		m.totals[ref.Ref] = Totals{
			Processed: sum.Processed + tally.Processed, Created: sum.Created + tally.Created, Updated: sum.Updated + tally.Updated,
			Skipped: sum.Skipped + tally.Skipped, Failed: sum.Failed + tally.Failed,
		}
		return nil
	})
}

// nextState is a record's next version, with every row pending where nothing was recorded yet.
func nextState(ref ChunkRef, state ChunkState) ChunkState {
	state.Version++
	if state.Outcomes == "" {
		state.Outcomes = strings.Repeat(string(rune(Pending)), ref.Rows)
	}
	state.Verdicts = maps.Clone(state.Verdicts)
	return state
}

func identityClaim(workspace string, i contact.IdentityKey) string {
	return fmt.Sprintf("%s i %q", workspace, i)
}

func emailClaim(workspace, key string) string    { return workspace + " e " + key }
func phoneClaim(workspace, number string) string { return workspace + " p " + number }

func must(holds bool, format string, args ...any) {
	if !holds {
		panic(fmt.Sprintf(format, args...))
	}
}
