package httpapi

import "github.com/occ/contacts/pkg/exporting"

// SelectionBody says which contacts an export holds, and what of them. Exports and their schedules share it. It is exported because huma overlooks embedded types that are not.
type SelectionBody struct {
	Q             *string  `json:"q,omitempty" nullable:"true" doc:"As in the list of contacts"`
	Channel       *string  `json:"channel,omitempty" nullable:"true" enum:"whatsapp,instagram,messenger,telegram,sms,email,widget,platform,campaign,import,api"`
	Label         *string  `json:"label,omitempty" nullable:"true" doc:"Without case"`
	Company       *string  `json:"company,omitempty" nullable:"true" doc:"The whole of it, without case"`
	CreatedAfter  *string  `json:"createdAfter,omitempty" nullable:"true" doc:"At that time or later: RFC 3339, or YYYY-MM-DD as UTC midnight" example:"2026-01-31"`
	CreatedBefore *string  `json:"createdBefore,omitempty" nullable:"true" doc:"Before that time: RFC 3339, or YYYY-MM-DD as UTC midnight" example:"2026-02-28"`
	Fields        []string `json:"fields,omitempty" nullable:"true" doc:"Columns: those of an export, or attr. and the key of a custom attribute; all without it"`
}

func (b SelectionBody) selection() exporting.Selection {
	return exporting.Selection{
		Q: orEmpty(b.Q), Channel: orEmpty(b.Channel), Label: orEmpty(b.Label), Company: orEmpty(b.Company),
		After: orEmpty(b.CreatedAfter), Before: orEmpty(b.CreatedBefore), Fields: b.Fields,
	}
}

// viewSelection shows a selection as it was asked for; what was not is null.
func viewSelection(s exporting.Selection) SelectionBody {
	return SelectionBody{
		Q: textOrNull(s.Q), Channel: textOrNull(s.Channel), Label: textOrNull(s.Label), Company: textOrNull(s.Company),
		CreatedAfter: textOrNull(s.After), CreatedBefore: textOrNull(s.Before), Fields: s.Fields,
	}
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
