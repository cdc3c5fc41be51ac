package httpapi

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"github.com/occ/contacts/pkg/identity"
)

// Paging are the parameters of every list. It is exported because huma overlooks embedded types that are not.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"Most items of a page; there may be fewer"`
	Cursor string `query:"cursor" doc:"nextCursor of the page before, with the same other parameters; only its absence ends a list"`

	begun bool   // there is a cursor
	scope string // what cursors of this list are bound to
}

// Resolve implements huma.Resolver: it notes what a cursor is bound to.
func (p *Paging) Resolve(ctx huma.Context) []error {
	address := ctx.URL()
	query := address.Query()
	p.begun = query.Has("cursor")
	query.Del("cursor")
	query.Del("limit")
	for name := range query {
		if query.Get(name) == "" { // an empty q is none
			query.Del(name)
		}
	}
	p.scope = identity.From(ctx.Context()).Workspace + "\n" + address.EscapedPath() + "\n" + query.Encode()
	return nil
}

// start is the position that a page begins after; nil for the first page.
func start[P any](ctx context.Context, s *server, p Paging) (*P, error) {
	if !p.begun {
		return nil, nil //nolint:nilnil // the beginning is no error
	}
	position := new(P)
	if err := s.open(ctx, p.scope, p.Cursor, position); err != nil {
		return nil, err
	}
	return position, nil
}

// next is the cursor of the page after a position, empty when there is none.
func next[P any](ctx context.Context, s *server, p Paging, position *P) (string, error) {
	if position == nil {
		return "", nil
	}
	return s.seal(ctx, p.scope, position)
}

// maxPage is the longest page, in bytes. Lambda answers 6 MB, and packs the page as a JSON string, in which a byte becomes up to six.
const maxPage = 1_000_000

// fitting reads a page of at most limit items, and fewer when those are too long for one answer.
func fitting[L any](limit int, read func(limit int) (L, error)) (L, error) {
	for {
		page, err := read(limit)
		if err != nil || limit == 1 || size(page) <= maxPage {
			return page, err
		}
		limit /= 2
	}
}

// size is how many bytes a value has as JSON.
func size(v any) int {
	var count counter
	_ = writeJSON(&count, v) // what cannot be written is found when it is answered
	return int(count)
}

// counter counts what is written to it.
type counter int

var _ io.Writer = (*counter)(nil)

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
