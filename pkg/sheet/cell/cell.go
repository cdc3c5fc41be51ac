// Package cell makes cells that are safe to open in a spreadsheet, and takes them back (pkg/httpapi/README.md, "A
// spreadsheet and back"): a program that opens a CSV file reads a cell like =cmd() as a formula, so such text gets an
// apostrophe in front, which import removes.
package cell

import "strings"

// BOM is the UTF-8 byte order mark that our CSV files begin with, so that Excel reads and saves them as UTF-8.
const BOM = "\ufeff"

// formula holds the first characters that make a spreadsheet calculate.
const formula = "=+-@\t\r"

// Escape returns text as it stands in a CSV or XLSX cell. Unescape(Escape(text)) is text, whatever it holds.
func Escape(text string) string {
	if text == "" {
		return text
	}
	text = addGuards(text)
	if text[0] == '\'' || strings.IndexByte(formula, text[0]) >= 0 && !number(text) {
		return "'" + text
	}
	return text
}

// Unescape returns what a cell means: without a leading apostrophe before = + - @ ', tab, CR or a number, and without
// the guards inside. An apostrophe before anything else is text ('t Hooft), and so is every other one inside.
func Unescape(cell string) string {
	cell = removeGuards(cell)
	if len(cell) < 2 || cell[0] != '\'' {
		return cell
	}
	rest := cell[1:]
	if rest[0] == '\'' || strings.IndexByte(formula, rest[0]) >= 0 || number(rest) {
		return rest
	}
	return cell
}

// number reports whether text is a plain number or a phone in E.164: a sign, digits, a fraction. No spreadsheet
// calculates with it.
func number(text string) bool {
	digits := strings.TrimLeft(text, "+-")
	if len(text)-len(digits) > 1 {
		return false
	}
	whole, fraction, hasFraction := strings.Cut(digits, ".")
	return allDigits(whole) && (!hasFraction || allDigits(fraction))
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
