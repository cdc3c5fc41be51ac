package cell

import "strings"

// This file keeps text safe in a program whose list separator is not the comma. Where it is the semicolon (in most of
// Europe), a spreadsheet that opens our file by a double click does not see our quotes, which begin behind a comma,
// in the middle of its cell. It cuts the line
//
//	42,"x;=HYPERLINK(A1);y",Acme
//
// at the semicolons, and calculates the cell in between. A line break inside a cell ends a row there in the same way.
// So every place inside a text where such a program would begin a cell that calculates gets a guard. An apostrophe
// alone could not be told from one that somebody wrote, in files of other programs and in our older ones; so the
// guard has a second character that nobody writes, and import removes an apostrophe inside a text only with it.

// guard stands before a formula inside a text: an apostrophe and U+2063, the invisible separator.
const guard = "'\u2063"

const (
	// separators are the characters at which some program begins another cell.
	separators = ";\t\r\n"
	// signs are the first characters of formulas. Tab and CR, which programs may leave out, are separators themselves.
	signs = "=+-@"
)

// addGuards puts a guard before each part of a text that would calculate if it were a cell, and before each part that
// has guards already, so that removeGuards gives the same text back.
func addGuards(text string) string {
	return eachPart(text, func(out *strings.Builder, part string) {
		if calculates(withoutGuards(part)) {
			out.WriteString(guard)
		}
		out.WriteString(part)
	})
}

// removeGuards takes back what addGuards did: one guard before each part.
func removeGuards(cell string) string {
	if !strings.Contains(cell, guard) {
		return cell
	}
	return eachPart(cell, func(out *strings.Builder, part string) {
		if rest, found := strings.CutPrefix(part, guard); found && calculates(withoutGuards(part)) {
			part = rest
		}
		out.WriteString(part)
	})
}

// eachPart calls a function with each part of a text behind a separator, up to the next. What stands before the first
// separator is the beginning of the cell, and Escape's.
func eachPart(text string, write func(out *strings.Builder, part string)) string {
	end := strings.IndexAny(text, separators)
	if end < 0 {
		return text
	}
	var out strings.Builder
	out.Grow(len(text) + len(guard))
	out.WriteString(text[:end])
	for end < len(text) {
		out.WriteByte(text[end])
		rest := text[end+1:]
		length := strings.IndexAny(rest, separators)
		if length < 0 {
			length = len(rest)
		}
		write(&out, rest[:length])
		end += 1 + length
	}
	return out.String()
}

// calculates reports whether a spreadsheet would calculate a part if it were a cell. Programs drop a quotation mark
// before it. Plain numbers and phones do not count, so that several of them in one cell stay as they are.
func calculates(part string) bool {
	formula := strings.TrimLeft(part, `"`)
	return formula != "" && strings.IndexByte(signs, formula[0]) >= 0 && !number(part)
}

func withoutGuards(part string) string {
	for strings.HasPrefix(part, guard) {
		part = part[len(guard):]
	}
	return part
}
