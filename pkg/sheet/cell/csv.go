package cell

import "strings"

// AppendCSV appends one record in RFC 4180 to dst: cells escaped, separated by commas, ended by CR LF. Text inside a
// cell stays byte by byte as it is, line ends too, which encoding/csv does not promise.
func AppendCSV(dst []byte, cells []string) []byte {
	for i, text := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, Escape(text))
	}
	return append(dst, '\r', '\n')
}

// appendQuoted quotes where a reader could take a character for structure: other programs' delimiters and spaces at the
// edges, which some readers trim, as well.
func appendQuoted(dst []byte, text string) []byte {
	if !strings.ContainsAny(text, "\",;\t\r\n") && strings.Trim(text, " ") == text {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for i := range len(text) {
		if text[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"')
}
