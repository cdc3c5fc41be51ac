package dynamo

import "context"

// listed reads a page of a partition of index "listed", newest first, and the items that its entries name. after and next are positions
// in that order: the sort key of the last one given out, empty at the beginning and at the end.
func listed[T any](
	ctx context.Context, s *Store, partition string, limit int, after string, keyOf func(id string) key, read func(item) (T, error),
) (page []T, next string, err error) {
	got, err := s.query(ctx, source{index: "listed", partition: partition}, order{descending: true, after: after}, limit+2, nil)
	if err != nil {
		return nil, "", err
	}
	if len(got.entries) > limit {
		got.entries = got.entries[:limit]
		next = got.entries[limit-1].sort
	}
	keys := make([]key, len(got.entries))
	for i, e := range got.entries {
		keys[i] = keyOf(e.id)
	}
	items, err := s.readAll(ctx, s.tables.Jobs, keys, true)
	if err != nil {
		return nil, "", err
	}
	for i, k := range keys {
		if it := items[k]; it.text("listedKey") == got.entries[i].sort {
			one, err := read(it)
			if err != nil {
				return nil, "", err
			}
			page = append(page, one)
		}
	}
	return page, next, nil
}
