package httpapi

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
)

type listContactsInput struct {
	Paging
	Q             string `query:"q" doc:"Beginnings of words of the name or a username, an e-mail or its beginning, a phone or its last digits (4 or more); at most 200 characters"`
	Channel       string `query:"channel" enum:"whatsapp,instagram,messenger,telegram,sms,email,widget,platform,campaign,import,api" doc:"Where they first contacted the team"`
	Label         string `query:"label" doc:"Without case"`
	Company       string `query:"company" doc:"The whole of it, without case"`
	CreatedAfter  string `query:"createdAfter" doc:"At that time or later: RFC 3339, or YYYY-MM-DD as UTC midnight" example:"2026-01-31"`
	CreatedBefore string `query:"createdBefore" doc:"Before that time: RFC 3339, or YYYY-MM-DD as UTC midnight" example:"2026-02-28"`
	Sort          string `query:"sort" enum:"-createdAt,createdAt,name,-lastInteractionAt" doc:"With q, or a filter and another sort than createdAt, exact up to 500 matches; above, the answer says sorted: false"`
}

// filter reads the parameters that narrow the list.
func (in *listContactsInput) filter() (contact.Filter, error) {
	return contact.ReadFilter("query", contact.FilterTexts{
		Label: in.Label, Company: in.Company, Channel: in.Channel, CreatedAfter: in.CreatedAfter, CreatedBefore: in.CreatedBefore,
	})
}

type contactList struct {
	Items      []contact.View `json:"items"`
	NextCursor string         `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
	Sorted     *bool          `json:"sorted,omitempty" doc:"false when there are too many matches to sort"`
}

type contactListAnswer struct{ Body contactList }

func (s *server) listContacts(ctx context.Context, in *listContactsInput) (*contactListAnswer, error) {
	after, err := start[contact.Position](ctx, s, in.Paging)
	if err != nil {
		return nil, err
	}
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	list, err := fitting(in.Limit, func(limit int) (contactList, error) {
		page, err := s.Contacts.List(ctx, identity.From(ctx).Workspace, contact.Listing{Q: in.Q, Filter: filter, Sort: contact.Sort(in.Sort), Limit: limit, After: after})
		if err != nil {
			return contactList{}, err
		}
		return s.contactList(ctx, in.Paging, page)
	})
	return &contactListAnswer{list}, err
}

func (s *server) contactList(ctx context.Context, paging Paging, page contact.Page) (contactList, error) {
	list := contactList{Items: []contact.View{}}
	for _, c := range page.Contacts {
		list.Items = append(list.Items, c.View())
	}
	if page.Unsorted {
		list.Sorted = new(false)
	}
	var err error
	list.NextCursor, err = next(ctx, s, paging, page.Next)
	return list, err
}
