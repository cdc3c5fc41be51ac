package dynamo

import (
	"sync"
	"time"
)

// maxRemembered bounds how many names a process remembers: it then forgets them all, which costs a write or a reading
// of each.
const maxRemembered = 20_000

// remembered are names that this process has seen in a registry: workspaces, and labels with their shards.
type remembered struct {
	mu    sync.Mutex
	names map[string]memory
}

type memory struct {
	shards int
	at     time.Time
}

// has reports whether a name was seen with all of some shards since a time.
func (r *remembered) has(name string, shards int, since time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen, found := r.names[name]
	return found && seen.shards&shards == shards && !seen.at.Before(since)
}

func (r *remembered) add(name string, shards int, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.names) >= maxRemembered || r.names == nil {
		r.names = map[string]memory{}
	}
	r.names[name] = memory{shards, at}
}
