package importing

import (
	"crypto/sha256"
	"encoding/binary"
)

// seen is the set of e-mails and phones that earlier rows of a file took: 8 bytes a key, so that a million rows fit
// in 64 MB. The hash is the same in every run; among two million keys a collision has a chance of one in ten million.
type seen struct {
	slots []uint64 // open addressing, 0 is free
	count int
}

// has says whether the key of a hash was added.
func (s *seen) has(hash uint64) bool {
	if len(s.slots) == 0 {
		return false
	}
	return s.slots[s.slot(hash)] == hash
}

func (s *seen) add(hash uint64) {
	if 4*(s.count+1) > 3*len(s.slots) {
		s.grow()
	}
	if at := s.slot(hash); s.slots[at] == 0 {
		s.slots[at] = hash
		s.count++
	}
}

func (s *seen) grow() {
	old := s.slots
	s.slots = make([]uint64, max(1024, 2*len(old)))
	for _, hash := range old {
		if hash != 0 {
			s.slots[s.slot(hash)] = hash
		}
	}
}

// slot is where hash lies, or would.
func (s *seen) slot(hash uint64) int {
	mask := uint64(len(s.slots) - 1) //nolint:gosec // there are some
	at := hash & mask
	for s.slots[at] != 0 && s.slots[at] != hash {
		at = (at + 1) & mask
	}
	return int(at) //nolint:gosec // an index of slots
}

func hashOf(key string) uint64 {
	sum := sha256.Sum256([]byte(key))
	return max(1, binary.LittleEndian.Uint64(sum[:8]))
}
