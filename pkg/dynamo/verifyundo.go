package dynamo

import (
	"context"
	"strings"

	"github.com/occ/contacts/pkg/importing"
)

// undone checks an import that was undone: of what it wrote, nothing is left but what its records say was kept. One whose undo was given
// up may have left more (importing.Sweeper).
func (v *verification) undone(ctx context.Context, job importing.Import) error {
	counted, err := v.store.UndoCounted(ctx, importing.Ref{Workspace: job.Workspace, ID: job.ID})
	if err != nil {
		return err
	}
	if counted != job.Undo {
		v.breach("import %s: the undo of its chunks counted %+v, and it says %+v", job.ID, counted, job.Undo)
	}
	var sum importing.UndoTotals
	keptContacts := 0
	for _, k := range sortedKeys(v.jobs) {
		it := v.jobs[k]
		if !isChunkOf(k, job.Workspace, job.ID) {
			continue
		}
		state, err := undoState(it)
		if err != nil {
			return err
		}
		if state.Counted {
			sum.Chunks++
			sum.Undone += strings.Count(state.Outcomes, string(rune(importing.Unchanged)))
		}
		for i, fate := range []byte(state.Undone) {
			switch importing.Outcome(fate) {
			case importing.TakenBack:
				sum.Undone++
				v.takenBack(job, state.Contacts[i].ID, importing.Outcome(state.Outcomes[i]))
			case importing.Kept:
				sum.Kept++
				keptContacts += strings.Count(state.Outcomes[i:i+1], string(rune(importing.Created)))
			}
		}
	}
	if job.Undo.Chunks < job.UndoChunks {
		return nil
	}
	if sum != counted {
		v.breach("import %s: its rows were undone as %+v, and counted were %+v", job.ID, sum, counted)
	}
	if made := v.made[[2]string{job.Workspace, job.ID}]; made > keptContacts {
		v.breach("import %s: is undone and kept %d contacts, and %d that it made are there", job.ID, keptContacts, made)
	}
	return nil
}

// takenBack demands that nothing is left of what a row did.
func (v *verification) takenBack(job importing.Import, contactID string, outcome importing.Outcome) {
	_, there := v.ids[[2]string{job.Workspace, contactID}]
	switch {
	case there && outcome == importing.Created:
		v.breach("import %s: is undone, and contact %s that it made is there", job.ID, contactID)
	case there && v.contacts[beforeImageKey(job.Workspace, contactID, job.ID)][attrImage] != nil:
		v.breach("import %s: is undone, and its change of contact %s could still be", job.ID, contactID)
	}
}
