package channel

import "fmt"

// Refusal is an event that can never be applied, and why.
type Refusal struct {
	Event  Event
	Reason string
}

// RefusedEvents is the error of a batch with events that can never be applied. They belong to the dead letters at once:
// tried again later, one might pass because its sender has meanwhile made the other account's contact its own.
type RefusedEvents struct {
	Refusals []Refusal // one that is in several batches is named with the first of them
	Rest     []Event   // the batch without them
	Err      error     // why some of the rest could not be applied; nil when all were
}

// Error implements error.
func (r *RefusedEvents) Error() string {
	text := fmt.Sprintf("channel: %d events can never be applied", len(r.Refusals))
	if r.Err != nil {
		text += "; " + r.Err.Error()
	}
	return text
}

// Unwrap returns why the rest could not be applied.
func (r *RefusedEvents) Unwrap() error { return r.Err }

// refusedFor is an event that was refused, as it goes to the dead letters. One of a bound account remembers it: to put
// it back into the queue does not apply it either.
func (e Event) refusedFor(reason string) Event {
	if e.Bound {
		e.Refused = reason
	}
	return e
}

// outcomes are the errors of the batches.
func (r *round) outcomes(batches []Batch) []error {
	told := map[string]bool{}
	outcomes := make([]error, len(batches))
	for n, batch := range batches {
		outcome := RefusedEvents{Err: r.failed[n]}
		for _, e := range batch.Events {
			reason, refused := r.refused[e.name()]
			switch name := e.name(); {
			case !refused || batch.Schema > BatchSchema:
				outcome.Rest = append(outcome.Rest, e)
			case !told[name]:
				told[name] = true
				outcome.Refusals = append(outcome.Refusals, Refusal{e.refusedFor(reason), reason})
			}
		}
		if outcomes[n] = r.failed[n]; len(outcome.Rest) < len(batch.Events) {
			outcomes[n] = &outcome
		}
	}
	return outcomes
}
