package contact

import "slices"

// Revision is one version of one resource: what an entity tag names. The id is part of it because a path may come to
// answer with another resource, as that of a contact which was merged into another.
type Revision struct {
	ID      string
	Version int
}

// Revision names the contact as it is.
func (c Contact) Revision() Revision { return Revision{c.ID, c.Version} }

// Revision names the note as it is.
func (n Note) Revision() Revision { return Revision{n.ID, n.Version} }

// Revision names the settings of a workspace as they are.
func (s Settings) Revision(workspace string) Revision {
	return Revision{"settings@" + workspace, s.Version}
}

// Precondition is an If-Match: whatever exists, or one of some revisions. The zero value demands nothing.
type Precondition struct {
	Any       bool
	Revisions []Revision
	None      bool // a header that no revision can match, as a weak tag
}

// Demands reports whether there is a precondition at all.
func (p Precondition) Demands() bool { return p.Any || p.None || len(p.Revisions) > 0 }

// Allows reports whether a change of that revision may go on.
func (p Precondition) Allows(current Revision) bool {
	return !p.Demands() || p.Any || slices.Contains(p.Revisions, current)
}
