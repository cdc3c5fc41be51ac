package xlsx

import (
	"path"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/sheet/xmlscan"
)

// maxWord is how many bytes a name, path or type in the lists of a workbook may have; what is longer is left out.
// Excel's names of sheets have 31 characters.
const maxWord = 1 << 10

// workbook is what the sheets have in common.
type workbook struct {
	*archive
	date1904 bool
	sheets   []listedSheet
	dates    []bool // which cell styles show dates, by their number
	texts    *texts
}

// listedSheet is a sheet as the workbook lists it.
type listedSheet struct {
	name   string
	part   string // path in the archive
	hidden bool
}

// relation is a part that another one refers to.
type relation struct {
	kind string // the last word of its type, in lower case: namespaces differ between the two editions of the format
	part string
}

func openWorkbook(a *archive) (*workbook, error) {
	main, err := a.workbookPart()
	if err != nil {
		return nil, err
	}
	relations, err := a.relations(main)
	if err != nil {
		return nil, err
	}
	book := &workbook{archive: a}
	if err := book.readList(main, relations); err != nil {
		return nil, err
	}
	styles, texts := "", ""
	for _, r := range relations {
		switch r.kind {
		case "styles":
			styles = r.part
		case "sharedstrings":
			texts = r.part
		}
	}
	if a.has(styles) {
		if book.dates, err = a.readDateStyles(styles); err != nil {
			return nil, err
		}
	}
	book.texts, err = a.readTexts(texts)
	return book, err
}

// workbookPart finds the part with the list of sheets.
func (a *archive) workbookPart() (string, error) {
	const usual = "xl/workbook.xml"
	if a.has("_rels/.rels") {
		relations, err := a.relations("")
		if err != nil {
			return "", err
		}
		for _, r := range relations {
			if r.kind == "officedocument" && a.has(r.part) {
				return r.part, nil
			}
		}
	}
	if !a.has(usual) {
		return "", corrupt("The file holds no workbook")
	}
	return usual, nil
}

// relations reads what a part refers to, by id.
func (a *archive) relations(of string) (map[string]relation, error) {
	folder, base := path.Split(of)
	found := map[string]relation{}
	err := a.elements(folder+"_rels/"+base+".rels", func(scan *xmlscan.Scanner) error {
		if string(scan.Name()) != "Relationship" || string(scan.Attr("TargetMode")) == "External" ||
			len(found) > maxParts {
			return nil
		}
		if slices.ContainsFunc(
			[]string{"Target", "Id", "Type"},
			func(name string) bool { return len(scan.Attr(name)) > maxWord },
		) {
			return nil
		}
		target := string(scan.Attr("Target"))
		if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, `\`) {
			target = folder + target
		}
		found[string(scan.Attr("Id"))] = relation{
			strings.ToLower(path.Base(string(scan.Attr("Type")))),
			partName(target),
		}
		return nil
	})
	return found, err
}

// readList reads the list of sheets and the calendar that dates are counted in.
func (b *workbook) readList(main string, relations map[string]relation) error {
	listed := map[string]bool{} // a part that stands there often is one sheet
	err := b.elements(main, func(scan *xmlscan.Scanner) error {
		switch name := string(scan.Name()); name {
		default:
			if scan.Depth() == 1 && name != "workbook" {
				return corrupt("The file holds no workbook")
			}
		case "workbookPr":
			b.date1904 = truth(scan.Attr("date1904"))
		case "sheet":
			r := relations[string(scan.Attr(":id"))]
			if r.kind == "worksheet" && len(b.sheets) < maxParts && !listed[r.part] &&
				len(scan.Attr("name")) <= maxWord {
				listed[r.part] = true
				state := string(scan.Attr("state"))
				b.sheets = append(
					b.sheets,
					listedSheet{string(scan.Attr("name")), r.part, state == "hidden" || state == "veryHidden"},
				)
			}
		}
		return nil
	})
	if err == nil && len(b.sheets) == 0 {
		return corrupt("The file holds no sheet")
	}
	return err
}

func truth(text []byte) bool {
	return string(text) == "1" || string(text) == "true" || string(text) == "on"
}

// candidates are the sheets that the rows may be on, the likeliest first.
func (b *workbook) candidates() []listedSheet {
	isNamed := func(name string) func(listedSheet) bool {
		return func(s listedSheet) bool { return strings.EqualFold(strings.TrimSpace(s.name), name) }
	}
	if i := slices.IndexFunc(b.sheets, isNamed("Contacts")); i >= 0 {
		return b.sheets[i : i+1]
	}
	visible := slices.DeleteFunc(slices.Clone(b.sheets), func(s listedSheet) bool { return s.hidden })
	if len(visible) == 0 {
		return b.sheets
	}
	if len(visible) > 1 && isNamed("Export Summary")(visible[0]) {
		visible = append(visible[1:], visible[0])
	}
	return visible
}

// elements visits the start of each element of a part.
func (a *archive) elements(name string, visit func(*xmlscan.Scanner) error) error {
	in, err := a.open(name)
	if err != nil {
		return err
	}
	scan := xmlscan.New(in)
	for kind := scan.Next(); kind != xmlscan.EOF; kind = scan.Next() {
		if kind != xmlscan.Start {
			continue
		}
		if err := visit(scan); err != nil {
			return err
		}
	}
	return scanError(scan, name)
}
