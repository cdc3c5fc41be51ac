package main

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
)

// question is something that a client asks a list for.
type question struct {
	name string
	flat bool // pkg/httpapi/README.md, "What a page costs", says that it costs the same at any number of contacts
	q    string
	sort contact.Sort
	only contact.Filter
}

func (q question) ask(ctx context.Context, service *contact.Service, workspace string, after *contact.Position) (contact.Page, error) {
	return service.List(ctx, workspace, contact.Listing{Q: q.q, Filter: q.only, Sort: q.sort, Limit: pageLimit, After: after})
}

// questions are the combinations of pkg/httpapi/README.md, "What a page costs".
var questions = []question{
	{"no filter, newest first", true, "", contact.SortDefault, all},
	{"no filter, oldest first", true, "", contact.SortOldest, all},
	{"no filter, by name", true, "", contact.SortName, all},
	{"no filter, last spoken to first", true, "", contact.SortInteraction, all},
	{"q: a common word", true, "first0", contact.SortDefault, all},
	{"q: a rare word", true, "last300", contact.SortDefault, all},
	{"q: the beginning of every name", true, "first", contact.SortDefault, all},
	{"q: two words side by side", true, "first0 las", contact.SortDefault, all},
	{"q: two words apart", false, "last1 fir", contact.SortDefault, all},
	{"q: an e-mail", true, "user0000007@example.com", contact.SortDefault, all},
	{"q: an e-mail up to its domain", true, "user0000007@ex", contact.SortDefault, all},
	{"q: a whole phone", true, "+201000000007", contact.SortDefault, all},
	{"q: the last 4 digits", true, "0007", contact.SortDefault, all},
	{"q: a common word, by name", false, "first0", contact.SortName, all},
	{"q: a rare word, by name", false, "last300", contact.SortName, all},

	{"a created range", true, "", contact.SortDefault, since},
	{"a created range, oldest first", true, "", contact.SortOldest, since},
	{"a common label", true, "", contact.SortDefault, contact.Filter{Label: "vip"}},
	{"a common label, oldest first", true, "", contact.SortOldest, contact.Filter{Label: "vip"}},
	{"a common label and a created range", true, "", contact.SortDefault, contact.Filter{Label: "vip", From: since.From}},
	{"a rare label", true, "", contact.SortDefault, contact.Filter{Label: "rare"}},
	{"a company", true, "", contact.SortDefault, contact.Filter{Company: "acme"}},
	{"a channel", true, "", contact.SortDefault, contact.Filter{Channel: contact.WhatsApp}},
	{"channel api", false, "", contact.SortDefault, contact.Filter{Channel: contact.API}},
	{"channel import, which nobody has", false, "", contact.SortDefault, contact.Filter{Channel: contact.Import}},
	{"label and company", false, "", contact.SortDefault, contact.Filter{Label: "vip", Company: "acme"}},
	{"rare label and channel", false, "", contact.SortDefault, contact.Filter{Label: "rare", Channel: contact.WhatsApp}},
	{"label, company and channel", false, "", contact.SortOldest, contact.Filter{Label: "vip", Company: "acme", Channel: contact.WhatsApp}},
	{"a created range, by name", false, "", contact.SortName, since},
	{"a common label, by name", false, "", contact.SortName, contact.Filter{Label: "vip"}},
	{"a rare label, by name", false, "", contact.SortName, contact.Filter{Label: "rare"}},
	{"a company, last spoken to first", false, "", contact.SortInteraction, contact.Filter{Company: "acme"}},
	{"q: a common word, with a common label", false, "first0", contact.SortDefault, contact.Filter{Label: "vip"}},
	{"q: a common word, with a rare label", false, "first0", contact.SortDefault, contact.Filter{Label: "rare"}},
	{"q: a common word, with a rare label, by name", false, "first", contact.SortName, contact.Filter{Label: "rare"}},
	{"q: a common word, with a label, by name", false, "first", contact.SortName, contact.Filter{Label: "vip"}},
	{"q: 4 digits with a company, oldest first", false, "0007", contact.SortOldest, contact.Filter{Company: "acme"}},
}

// all is no filter; since leaves a few of the oldest out.
var (
	all   = contact.Filter{}
	since = contact.Filter{From: someone("", 100).CreatedAt}
)
