package trigger

import "github.com/occ/contacts/pkg/problem"

// reported leaves of a handler's error what may be told: Lambda logs it, and puts it beside the event in the failure
// destination. It is deferred: it changes the result.
func reported(err *error) {
	if *err != nil {
		*err = told{*err}
	}
}

// told is an error whose text may be logged.
type told struct{ error }

// Error implements error.
func (t told) Error() string { return problem.Loggable(t.error) }

// Unwrap returns the error itself.
func (t told) Unwrap() error { return t.error }
