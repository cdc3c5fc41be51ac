package cell

// Kind is the type of a value in a format that has types (JSON). Cells of other formats are text, and have none.
type Kind byte

// The kinds of values.
const (
	Absent  Kind = iota // null, or not there
	String              // the cell is the text itself
	Number              // as the file spells it (RFC 8259 §6)
	Boolean             // true or false
	List                // compact JSON
	Object              // compact JSON
)

// String names the kind for people, with its article.
func (k Kind) String() string {
	return [...]string{"nothing", "a text", "a number", "true or false", "a list", "an object"}[k]
}
