package httpapi

import "github.com/occ/contacts/pkg/exporting"

// SelectionBody is the part of a request that says which contacts an export holds, and what of them; null means absent. It is exported
// because huma overlooks embedded types that are not.
type SelectionBody struct {
	Q             *string  `json:"q,omitempty" nullable:"true" doc:"A search, as in the list of contacts; empty for none"`
	Channel       *string  `json:"channel,omitempty" nullable:"true" enum:"whatsapp,instagram,messenger,telegram,sms,email,widget,platform,campaign,import,api" doc:"Where they first contacted the team"`
	Label         *string  `json:"label,omitempty" nullable:"true" minLength:"1" maxLength:"1000" doc:"Without case"`
	Company       *string  `json:"company,omitempty" nullable:"true" minLength:"1" maxLength:"1000" doc:"The whole of it, without case"`
	CreatedAfter  *string  `json:"createdAfter,omitempty" nullable:"true" minLength:"1" maxLength:"100" doc:"At that time or later: RFC 3339, or YYYY-MM-DD as UTC midnight" example:"2026-01-31"`
	CreatedBefore *string  `json:"createdBefore,omitempty" nullable:"true" minLength:"1" maxLength:"100" doc:"Before that time: RFC 3339, or YYYY-MM-DD as UTC midnight" example:"2026-02-28"`
	Fields        []string `json:"fields,omitempty" nullable:"true" maxItems:"1000" doc:"Columns, attr. and a key for a custom attribute; all when left out" example:"[\"name\",\"email\",\"attr.plan\"]"`
}

// selection is what is asked for; what its texts mean, the domain finds out.
func (b SelectionBody) selection() exporting.Selection {
	return exporting.Selection{
		Q: orEmpty(b.Q), Channel: orEmpty(b.Channel), Label: orEmpty(b.Label), Company: orEmpty(b.Company),
		After: orEmpty(b.CreatedAfter), Before: orEmpty(b.CreatedBefore), Fields: b.Fields,
	}
}

// SelectionView is a selection as it was asked for; what was not is left out. It is exported because huma overlooks embedded types
// that are not.
type SelectionView struct {
	Q             string   `json:"q,omitempty" doc:"A search, as in the list of contacts"`
	Channel       string   `json:"channel,omitempty"`
	Label         string   `json:"label,omitempty"`
	Company       string   `json:"company,omitempty"`
	CreatedAfter  string   `json:"createdAfter,omitempty"`
	CreatedBefore string   `json:"createdBefore,omitempty"`
	Fields        []string `json:"fields,omitempty" doc:"Columns; absent: all"`
}

func viewSelection(s exporting.Selection) SelectionView {
	return SelectionView{s.Q, s.Channel, s.Label, s.Company, s.After, s.Before, s.Fields}
}
