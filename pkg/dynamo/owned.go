package dynamo

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/problem"
)

var _ channel.TimelineStore = (*Store)(nil)

// ownedKind is a kind of things in table timeline that hang on contacts: where the index lists those of one, and their keys.
type ownedKind struct {
	partition func(workspace, contactID string) string
	key       func(workspace, id string) key
}

var conversationsKind = ownedKind{conversationsOwned, conversationKey}

// owned reads a page of what hangs on a contact, newest first. after and next are sort keys of the index. An entry that is no longer the
// item's own is dropped: the index trails.
func (s *Store) owned(ctx context.Context, kind ownedKind, workspace string, owners []string, limit int, after string) (page []item, next string, err error) {
	lists := make([]result, len(owners))
	group, grouped := errgroup.WithContext(ctx)
	for i, owner := range owners {
		group.Go(func() error {
			var err error
			lists[i], err = s.query(grouped, source{index: "owner", partition: kind.partition(workspace, owner)}, order{descending: true, after: after}, limit+2, nil)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, "", err
	}
	entries, next := newestEntries(lists, limit)
	keys := make([]key, len(entries))
	for i, e := range entries {
		keys[i] = kind.key(workspace, e.id)
	}
	slices.SortFunc(keys, func(a, b key) int { return strings.Compare(a.pk, b.pk) })
	items, err := s.readAll(ctx, s.tables.Timeline, slices.Compact(keys), true)
	if err != nil {
		return nil, "", err
	}
	for _, e := range entries {
		it := items[kind.key(workspace, e.id)]
		stands := slices.ContainsFunc(owners, func(owner string) bool { return it.text(attrOwnerShard) == kind.partition(workspace, owner) })
		if stands && it.text(attrOwnerKey) == e.sort {
			page = append(page, it)
			delete(items, it.key()) // once, whatever the index says
		}
	}
	return page, next, nil
}

// newestEntries are the first of several lists as one, and the sort key to go on after when more may follow. Nothing
// older is given out than what each query that goes on has read to.
func newestEntries(lists []result, limit int) (entries []entry, next string) {
	bound := ""
	for _, list := range lists {
		if entries = append(entries, list.entries...); list.next != nil {
			bound = max(bound, list.scanned)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(b.sort, a.sort) })
	entries = slices.DeleteFunc(entries, func(e entry) bool { return e.sort < bound })
	if len(entries) > limit {
		return entries[:limit], entries[limit-1].sort
	}
	return entries, bound
}

// ConversationsOf implements channel.TimelineStore.
func (s *Store) ConversationsOf(ctx context.Context, workspace string, owners []string, limit int, after string) ([]channel.Conversation, string, error) {
	items, next, err := s.owned(ctx, conversationsKind, workspace, owners, limit, after)
	page := make([]channel.Conversation, len(items))
	for i, it := range items {
		page[i] = conversationOf(it)
	}
	return page, next, err
}

// FindConversation implements channel.TimelineStore.
func (s *Store) FindConversation(ctx context.Context, workspace, id string) (channel.Conversation, error) {
	it, _, err := s.findConversation(ctx, workspace, id)
	if err == nil && it == nil {
		err = problem.New(problem.NotFound, "There is no such conversation.")
	}
	return conversationOf(it), err
}
