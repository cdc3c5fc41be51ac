package importing

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// NewImportID names the import of a dropped object's version, so that its event may come any number of times.
func NewImportID(bucket, key, version string) string {
	return derivedID("import", bucket, key, version)
}

// ContactID names the contact that a row creates, so that a retry writes the same one.
func ContactID(importID string, row int) string { return derivedID("contact", importID, numeral(row)) }

// isContactID says that a text has the form of our contacts' ids.
func isContactID(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
}

// noteID names the nth note of a row: a UUID of version 7 (RFC 9562 §5.7), as all notes have, so that they sort by their time.
func noteID(importID string, row, n int, at time.Time) string {
	id := hashed("note", importID, numeral(row), numeral(n))
	var millis [8]byte
	binary.BigEndian.PutUint64(millis[:], uint64(at.UnixMilli()))
	copy(id[:6], millis[2:])
	return versioned(id, 0x70)
}

// derivedID is a UUID of version 8 (RFC 9562 §5.8) from the hash of its parts, each preceded by its length.
func derivedID(parts ...string) string { return versioned(hashed(parts...), 0x80) }

func hashed(parts ...string) (id uuid.UUID) {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write([]byte(numeral(len(part))))
		hash.Write([]byte(part))
	}
	copy(id[:], hash.Sum(nil))
	return id
}

// versioned marks an id with its version, in the high bits, and the variant of RFC 9562.
func versioned(id uuid.UUID, version byte) string {
	id[6] = id[6]&0x0f | version
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

func numeral(n int) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(n))) //nolint:gosec // never negative
}
