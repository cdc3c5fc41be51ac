package xlsx

import (
	"strconv"
	"strings"

	"github.com/occ/contacts/pkg/sheet/xmlscan"
)

// maxStyles is how many styles of cells a workbook may have (65,490 in Excel).
const maxStyles = 1 << 20

// readDateStyles says of each style of cells whether it shows a number as a date.
func (a *archive) readDateStyles(name string) ([]bool, error) {
	var formats []int        // of the styles
	custom := map[int]bool{} // own number formats -> whether they show dates
	section := ""
	err := a.elements(name, func(scan *xmlscan.Scanner) error {
		if scan.Depth() == 2 {
			section = string(scan.Name())
		}
		id, err := strconv.Atoi(string(scan.Attr("numFmtId")))
		switch {
		case scan.Depth() != 3 || len(formats) >= maxStyles || len(custom) >= maxStyles:
		case section == "numFmts" && err == nil:
			custom[id] = isDateFormat(string(scan.Attr("formatCode")))
		case section == "cellXfs":
			formats = append(formats, id)
		}
		return nil
	})
	dates := make([]bool, len(formats))
	for i, id := range formats {
		isDate, isCustom := custom[id]
		dates[i] = isDate || !isCustom && isBuiltInDate(id)
	}
	return dates, err
}

// isBuiltInDate knows the formats that have a number and no text (ECMA-376 part 1, 18.8.30), those of East Asia too.
func isBuiltInDate(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
}

// isDateFormat says that a number format shows a date or a time: it has one of y m d h s outside of quotes, brackets (colours,
// languages) and escapes. Elapsed time stands in brackets: [h].
func isDateFormat(code string) bool {
	for i := 0; i < len(code); i++ {
		switch b := code[i]; b {
		case '"':
			i = skipTo(code, i, '"')
		case '\\', '_', '*':
			i++
		case '[':
			end := skipTo(code, i, ']')
			if isElapsed(code[i+1 : end]) {
				return true
			}
			i = end
		case 'y', 'm', 'd', 'h', 's', 'Y', 'M', 'D', 'H', 'S':
			return true
		}
	}
	return false
}

// isElapsed knows [h], [mm] and the like.
func isElapsed(inside string) bool {
	if inside == "" {
		return false
	}
	unit := strings.ToLower(inside[:1])
	return (unit == "h" || unit == "m" || unit == "s") && strings.Trim(strings.ToLower(inside), unit) == ""
}

// skipTo returns where the next b behind i stands, or the end.
func skipTo(code string, i int, b byte) int {
	if length := strings.IndexByte(code[i+1:], b); length >= 0 {
		return i + 1 + length
	}
	return len(code)
}
