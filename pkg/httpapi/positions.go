package httpapi

import (
	"context"
)

// listed is a page of a list whose positions are texts of the store.
type listed[V any] struct {
	Items  []V
	Cursor string
}

// listing reads the page that paging asks for and shows each of its items.
func listing[T, V any](ctx context.Context, s *server, paging Paging, read func(limit int, after string) ([]T, string, error), view func(T) V) (listed[V], error) {
	after, err := start[string](ctx, s, paging)
	if err != nil {
		return listed[V]{}, err
	}
	return fitting(paging.Limit, func(limit int) (listed[V], error) {
		found, last, err := read(limit, orEmpty(after))
		if err != nil {
			return listed[V]{}, err
		}
		page := listed[V]{Items: make([]V, len(found))}
		for i, item := range found {
			page.Items[i] = view(item)
		}
		if last != "" {
			page.Cursor, err = next(ctx, s, paging, &last)
		}
		return page, err
	})
}
