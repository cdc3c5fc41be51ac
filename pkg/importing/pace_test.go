package importing

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/sheet/sheettest"
)

// readAll reads a file as import-parse does, up to the messages, or until it is refused.
func readAll(t *testing.T, w *world, format Format, text string, maxRows int) func() {
	return func() {
		file := File{ReaderAt: strings.NewReader(text), Size: int64(len(text))}
		found, err := survey(format, file, maxRows, func(raw string) bool {
			_, err := phone.Parse(raw, "EG")
			return err == nil
		})
		job := Import{Format: "file", Status: Parsing, DefaultRegion: "EG"}
		if err == nil {
			err = found.settle(&job)
		}
		if err == nil {
			w.parser.Formats["file"] = format
			err = w.parser.chunks(t.Context(), job, file, func(chunk Chunk) error {
				_, err := encode(chunk)
				return err
			})
		}
		if _, refused := errors.AsType[*FileError](err); err != nil && !refused {
			t.Fatal(err)
		}
	}
}

// numbered is a text for each of some numbers.
func numberedTexts(count int, format, separator string) string {
	texts := make([]string, count)
	for i := range texts {
		texts[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(texts, separator)
}

// hostileRows are CSV files whose cells are slow to understand.
func hostileRows() map[string]sheettest.Hostile {
	const own = "id,name,email,phone,identities,createdAt\n"
	identities := strings.ReplaceAll(
		numberedTexts(5_000, `{"channel":"whatsapp","accountId":"1","externalId":"%d"}`, ","),
		`"`,
		`""`,
	)
	phones := numberedTexts(20_000, "+2010%07d", " ::: ")
	columns := "name," + numberedTexts(249, "Phone %[1]d - Value,Phone %[1]d - Type", ",")
	return map[string]sheettest.Hostile{
		"labels in one cell": {
			Begin:  "name,email,labels\n",
			Repeat: "Mona,m@x.eg,\"" + numberedTexts(60_000, "label%d", ";") + "\"\n",
		},
		"labels in a list": {
			Begin:  "name,email,labels\n",
			Repeat: "Mona,m@x.eg,\"[" + numberedTexts(40_000, `""label%d""`, ",") + "]\"\n",
		},
		"tags in one cell": {
			Begin:  "name,email,tags\n",
			Repeat: "Mona,m@x.eg,\"" + numberedTexts(60_000, "label%d", ",") + "\"\n",
		},
		"labels alike": {
			Begin:  "name,email,labels\n",
			Repeat: "Mona,m@x.eg,\"" + strings.Repeat("a;", 100_000) + "\"\n",
		},
		"identities in one cell": {Begin: own, Repeat: ",Mona,,,\"[" + identities + "]\",\n"},
		"notes in a list": {
			Begin:  "name,email,notes\n",
			Repeat: "Mona,m@x.eg,\"[" + numberedTexts(40_000, `""note%d""`, ",") + "]\"\n",
		},
		"e-mails in one cell": {
			Begin:  "name,email\n",
			Repeat: "Mona," + numberedTexts(40_000, "m%d@x", " ::: ") + "\n",
		},
		"phones in one cell":     {Begin: "name,phone\n", Repeat: "Mona," + phones + "\n"},
		"phones in many columns": {Begin: columns + "\n", Repeat: "Mona" + strings.Repeat(",1", 498) + "\n"},
		"kinds of phones":        {Begin: columns + "\n", Repeat: "Mona" + strings.Repeat(",+,Fax", 249) + "\n"},
		"columns of the same name": {
			Begin:  "name,email" + strings.Repeat(",notes 2", 490) + "\n",
			Repeat: "Mona,m@x.eg" + strings.Repeat(",x", 490) + "\n",
		},
		"columns without a name": {
			Begin:  "name,email" + strings.Repeat(",", 498) + "\n",
			Repeat: "Mona,m@x.eg" + strings.Repeat(",x@y.eg", 498) + "\n",
		},
		"columns of dates": {
			Begin:  "name,email" + numberedTexts(400, ",some%d", "") + "\n",
			Repeat: "Mona,m@x.eg" + strings.Repeat(",+2010012345", 400) + "\n",
		},
		"attributes of long numbers": {
			Begin:  "name,email,attr.a\n",
			Repeat: "Mona,m@x.eg,-" + strings.Repeat("9", 200_000) + "e1\n",
		},
		"attributes of quotes": {
			Begin:  "name,email,attr.a\n",
			Repeat: `Mona,m@x.eg,"""` + strings.Repeat(`\\`, 100_000) + `"""` + "\n",
		},
		"attributes": {
			Begin:  "name,email," + numberedTexts(490, "attr.a%d", ",") + "\n",
			Repeat: "Mona,m@x.eg" + strings.Repeat(",1", 490) + "\n",
		},
		"accents on accents": {
			Begin:  "name,email\n",
			Repeat: "e" + strings.Repeat("\u0301\u0327", 50_000) + ",m@x.eg\n",
		},
		"accents in a header": {
			Begin:  "name,email," + strings.Repeat("\u0301\u0327", 100_000) + "\n",
			Repeat: "Mona,m@x.eg,x\n",
		},
		"ligatures": {Begin: "name,email\n", Repeat: strings.Repeat("\ufdfa", 10_000) + ",m@x.eg\n"},
		"invisible characters": {
			Begin:  "name,phone\n",
			Repeat: "Mona," + strings.Repeat("\u202a", 50_000) + "\n",
		},
		"apostrophes": {Begin: "name,email\n", Repeat: strings.Repeat("'", 100_000) + ",m@x.eg\n"},
		"separators and signs": {
			Begin:  "name,email,notes\n",
			Repeat: "Mona,m@x.eg,\"" + strings.Repeat(";'=", 100_000) + "\"\n",
		},
		"times": {
			Begin:  "name,email,createdAt\n",
			Repeat: "Mona,m@x.eg," + strings.Repeat("1", 100_000) + "\n",
		},
		"more cells than columns": {Begin: "name,email\n", Repeat: strings.Repeat(",", 400_000) + "x\n"},
		"names in parts": {
			Begin:  "first name,last name,email" + strings.Repeat(",middle name", 400) + "\n",
			Repeat: "Mona,Adel,m@x.eg" + strings.Repeat(",x", 400) + "\n",
		},
	}
}

// hostileObjects are JSON files whose values are slow to understand.
func hostileObjects() map[string]sheettest.Hostile {
	object := func(members string) sheettest.Hostile {
		return sheettest.Hostile{Repeat: `{"name":"Mona","email":"m@x.eg",` + members + "}\n"}
	}
	return map[string]sheettest.Hostile{
		"attributes":    object(`"customAttributes":{` + numberedTexts(40_000, `"a%d":1`, ",") + "}"),
		"one attribute": object(`"customAttributes":{` + strings.Repeat(`"a":1,`, 100_000) + `"a":2}`),
		"long numbers":  object(`"customAttributes":{"a":` + strings.Repeat("9", 500_000) + "}"),
		"labels":        object(`"labels":[` + numberedTexts(40_000, `"label%d"`, ",") + "]"),
		"identities": object(
			`"identities":[` + numberedTexts(
				10_000,
				`{"channel":"whatsapp","accountId":"1","externalId":"%d"}`,
				",",
			) + "]",
		),
		"nested values":  object(`"customAttributes":` + strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)),
		"lists of lists": object(`"notes":[` + strings.Repeat("[[[[]]]],", 50_000) + "[]]"),
		"many keys":      object(numberedTexts(490, `"key%d":1`, ",")),
	}
}

// A file is compared with one of as many bytes, which holds as many rows as a file of that size may.
func TestNoFileIsSlowToUnderstand(t *testing.T) {
	size, w := sheettest.Bytes(t), newWorld(t)
	maxRows := size / 100
	pace := sheettest.Measure(
		readAll(t, w, csvFormat, "name,email,phone,company\n"+sheettest.People(size, sheettest.PlainCSV), 2*maxRows),
	)
	for _, files := range []map[string]sheettest.Hostile{sheettest.CSV, hostileRows()} {
		for name, hostile := range files {
			pace.Check(t, "CSV: "+name, readAll(t, w, csvFormat, hostile.File(size), maxRows))
		}
	}
	pace = sheettest.Measure(readAll(t, w, jsonFormat, sheettest.People(size, sheettest.PlainJSON), 2*maxRows))
	for _, files := range []map[string]sheettest.Hostile{sheettest.JSON, hostileObjects()} {
		for name, hostile := range files {
			pace.Check(t, "JSON: "+name, readAll(t, w, jsonFormat, hostile.File(size), maxRows))
		}
	}
}
