package importing

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestIDsTellTheirPartsApart(t *testing.T) {
	seen := map[string]bool{}
	for _, id := range []string{
		NewImportID("bucket", "key", "1"), NewImportID("bucketk", "ey", "1"), NewImportID("bucket", "key1", ""), ContactID("a", 1), ContactID("a", 2), ContactID("a", 256), ContactID("b", 1),
	} {
		if parsed, err := uuid.Parse(id); err != nil || parsed.Version() != 8 || parsed.Variant() != uuid.RFC4122 || seen[id] {
			t.Errorf("%s: version %d, %v", id, parsed.Version(), err)
		}
		seen[id] = true
	}
	// An event may come again after a deployment: the id of an object never changes.
	if got := NewImportID("bucket", "key", "1"); got != "42330bfd-9ee3-885e-bcb0-4db837f44c82" {
		t.Error(got)
	}
}

// Notes sort by their time, by ids of version 7.
func TestIDsOfNotes(t *testing.T) {
	last := ""
	for n := range 300 {
		id := noteID("import", 7, n, dawn.Add(time.Duration(n)*time.Millisecond))
		parsed, err := uuid.Parse(id)
		if seconds, _ := parsed.Time().UnixTime(); err != nil || parsed.Version() != 7 || id <= last || seconds != dawn.Add(time.Duration(n)*time.Millisecond).Unix() {
			t.Fatalf("%s after %s: %v", id, last, err)
		}
		last = id
	}
}
