package main

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
)

// question is something that a client asks a list for.
type question struct {
	name string
	flat bool // CONTRACT.md calls it flat in the number of contacts
	q    string
	sort contact.Sort
}

func (q question) ask(ctx context.Context, service *contact.Service, workspace string, after *contact.Position) (contact.Page, error) {
	return service.List(ctx, workspace, q.q, q.sort, pageLimit, after)
}

// questions are the combinations that CONTRACT.md names.
var questions = []question{
	{"no filter, newest first", true, "", contact.SortDefault},
	{"no filter, oldest first", true, "", contact.SortOldest},
	{"no filter, by name", true, "", contact.SortName},
	{"no filter, last spoken to first", true, "", contact.SortInteraction},
	{"q: a common word", true, "first0", contact.SortDefault},
	{"q: a rare word", true, "last300", contact.SortDefault},
	{"q: the beginning of every name", true, "first", contact.SortDefault},
	{"q: two words side by side", true, "first0 las", contact.SortDefault},
	{"q: two words apart", false, "last1 fir", contact.SortDefault},
	{"q: an e-mail", true, "user0000007@example.com", contact.SortDefault},
	{"q: an e-mail up to its domain", true, "user0000007@ex", contact.SortDefault},
	{"q: a whole phone", true, "+201000000007", contact.SortDefault},
	{"q: the last 4 digits", true, "0007", contact.SortDefault},
	{"q: a common word, by name", false, "first0", contact.SortName},
	{"q: a rare word, by name", false, "last300", contact.SortName},
}
