package workbook

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// What a workbook has beside its rows: the first row stands still and is bold, text cells are of format Text.
const (
	sheetPath = "xl/worksheets/sheet"
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	officeRel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packRel   = "http://schemas.openxmlformats.org/package/2006/relationships"
	sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml."

	rootRelations = xmlHead + `<Relationships xmlns="` + packRel + `"><Relationship Id="rId1" Type="` + officeRel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`

	sheetHead = xmlHead + `<worksheet ` + mainSpace + `><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>` +
		`<sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="16384" width="20" customWidth="1"/></cols><sheetData>`
	sheetTail = `</sheetData></worksheet>`

	styles = xmlHead + `<styleSheet ` + mainSpace + `><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
)

// workbook names the sheets: Contacts, which our import reads, Contacts 2 and so on.
func sheetList(sheets []entry) string {
	var text strings.Builder
	text.WriteString(xmlHead + `<workbook ` + mainSpace + ` xmlns:r="` + officeRel + `"><sheets>`)
	for i := range sheets {
		name := "Contacts"
		if i > 0 {
			name = fmt.Sprintf("Contacts %d", i+1)
		}
		fmt.Fprintf(&text, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, name, i+1, i+1)
	}
	return text.String() + `</sheets></workbook>`
}

func relations(sheets []entry) string {
	var text strings.Builder
	text.WriteString(xmlHead + `<Relationships xmlns="` + packRel + `">`)
	for i := range sheets {
		fmt.Fprintf(&text, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, officeRel, i+1)
	}
	fmt.Fprintf(&text, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, len(sheets)+1, officeRel)
	return text.String()
}

func contentTypes(sheets []entry) string {
	var text strings.Builder
	text.WriteString(xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + sheetType + `sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + sheetType + `styles+xml"/>`)
	for i := range sheets {
		fmt.Fprintf(&text, `<Override PartName="/%s%d.xml" ContentType="%sworksheet+xml"/>`, sheetPath, i+1, sheetType)
	}
	return text.String() + `</Types>`
}

// appendXML appends text as XML. What XML cannot hold, or reads as something else (CR), is written as _xHHHH_, and so is what would be
// read as that: ECMA-376, part 1, 22.9.2.19, ST_Xstring.
func appendXML(dst []byte, text string) []byte {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF:
			dst = fmt.Appendf(dst, "_x%04X_", r)
		case r == '_' && escaped(text[i:]):
			dst = append(dst, "_x005F_"...)
		default:
			dst = append(dst, text[i:i+size]...)
		}
		i += size
	}
	return dst
}

// escaped says that a text begins like _xHHHH_.
func escaped(text string) bool {
	return len(text) >= 7 && text[1] == 'x' && text[6] == '_' && strings.Trim(text[2:6], "0123456789abcdefABCDEF") == ""
}

// entry is a file in the zip file.
type entry struct {
	Name     string
	Offset   int64 // of its local header
	CRC      uint32
	Size     int64
	Packed   int64 // as it is stored
	Streamed bool  // deflated, its sizes following it
}

// maxOffset is as far as a zip file without extensions reaches. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.4.1.4
const maxOffset = math.MaxUint32 - 1

// Signatures and flags of the zip format.
const (
	localSignature      = 0x04034b50
	descriptorSignature = 0x08074b50
	directorySignature  = 0x02014b50
	endSignature        = 0x06054b50
	zipVersion          = 20
	flagStreamed        = 1 << 3 // sizes follow the data
	methodDeflate       = 8
	date1980            = 1<<5 | 1 // the first day that there is: a file follows from its contents alone
)

// common is what local header and directory have in common: version to sizes.
func (e entry) common(sized bool) []byte {
	var flags, method uint16
	crc, packed, size := e.CRC, uint32(e.Packed), uint32(e.Size) //nolint:gosec // entries and file stay below 4 GB
	if e.Streamed {
		flags, method = flagStreamed, methodDeflate
		if !sized {
			crc, packed, size = 0, 0, 0
		}
	}
	out := binary.LittleEndian.AppendUint16(nil, zipVersion)
	for _, field := range []uint16{flags, method, 0, date1980} {
		out = binary.LittleEndian.AppendUint16(out, field)
	}
	for _, field := range []uint32{crc, packed, size} {
		out = binary.LittleEndian.AppendUint32(out, field)
	}
	return binary.LittleEndian.AppendUint16(out, uint16(len(e.Name))) //nolint:gosec // our own short names
}

// local is the header before the data.
func (e entry) local() []byte {
	out := binary.LittleEndian.AppendUint32(nil, localSignature)
	out = append(append(out, e.common(false)...), 0, 0) // no extra field
	return append(out, e.Name...)
}

// descriptor follows the data of a streamed entry.
func (e entry) descriptor() []byte {
	out := binary.LittleEndian.AppendUint32(nil, descriptorSignature)
	for _, field := range []uint32{e.CRC, uint32(e.Packed), uint32(e.Size)} { //nolint:gosec // below 4 GB
		out = binary.LittleEndian.AppendUint32(out, field)
	}
	return out
}

// directory ends the file: where each entry is.
func directory(entries []entry, offset int64) []byte {
	var out []byte
	for _, e := range entries {
		out = binary.LittleEndian.AppendUint32(out, directorySignature)
		out = binary.LittleEndian.AppendUint16(out, zipVersion)
		out = append(append(out, e.common(true)...), make([]byte, 12)...) // no extra field, comment, disk or attributes
		out = binary.LittleEndian.AppendUint32(out, uint32(e.Offset))     //nolint:gosec // below 4 GB
		out = append(out, e.Name...)
	}
	size := len(out)
	out = binary.LittleEndian.AppendUint32(out, endSignature)
	out = append(out, 0, 0, 0, 0) // a single disk
	count := uint16(len(entries)) //nolint:gosec // a handful
	out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(out, count), count)
	out = binary.LittleEndian.AppendUint32(out, uint32(size))   //nolint:gosec // small
	out = binary.LittleEndian.AppendUint32(out, uint32(offset)) //nolint:gosec // checked before
	return append(out, 0, 0)                                    // no comment
}
