package importing

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/sheet"
)

// importJSON drops a JSON file and waits for the end of its import.
func (w *world) importJSON(text string) Import {
	w.t.Helper()
	arrival := w.put(demo+"/drop/people.json", text, nil)
	if _, err := w.arrived(arrival); err != nil {
		w.t.Fatalf("%v", err)
	}
	w.settle()
	job := w.imports[w.refOf(arrival)]
	w.checkEnd(job)
	return job
}

// rowsOf reads the rows of a JSON file.
func rowsOf(t tester, text, region string) (rows []Row) {
	t.Helper()
	records, err := sheet.NewJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v", err)
	}
	columns, err := readHeader(records)
	if err != nil {
		t.Fatalf("%v", err)
	}
	reader := &rowReader{layout: layoutBy(columns, columnNames(columns), choice{objects: true}), phone: func(raw string) (string, error) { return phone.Parse(raw, region) }}
	for records.Next() {
		if isRow(records) {
			rows = append(rows, reader.decide(reader.draft(records)))
		}
	}
	return rows
}

func TestRowsOfObjects(t *testing.T) {
	at := time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		object string
		want   Row
	}{
		"all fields": {
			`{"name":"Mona","email":"mona@example.com","phone":"+201001234567","company":"Acme","channel":"SMS","createdAt":"2026-01-31T09:30:00Z","labels":["VIP","a;b, c"],"notes":["one","[\"two\"]"],"attr.x":"5"}`,
			Row{
				Name: "Mona", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme", Channel: contact.SMS, CreatedAt: &at, Labels: []string{"VIP", "a;b, c"}, Notes: []string{"one", `["two"]`},
				Attributes: map[string]any{"x": "5"},
				Cells:      []string{"Mona", "mona@example.com", "+201001234567", "Acme", "SMS", "2026-01-31T09:30:00Z", `["VIP","a;b, c"]`, `["one","[\"two\"]"]`, "5"},
			},
		},
		"names in parts":           {`{"first_name":"Mona","Middle Name":"A.","lastName":"Adel","E-mail":"m@x.com"}`, Row{Name: "Mona A. Adel", Email: "m@x.com", Cells: []string{"Mona", "A.", "Adel", "m@x.com"}}},
		"a phone in digits":        {`{"name":"Mona","phone":501234567}`, Row{Name: "Mona", Phone: "+966501234567", Cells: []string{"Mona", "501234567"}}},
		"a phone with its country": {`{"name":"Mona","phone":966501234567}`, Row{Name: "Mona", Phone: "+966501234567", Cells: []string{"Mona", "966501234567"}}},
		"texts for lists":          {`{"name":"Mona","email":"m@x.com","labels":"VIP;new","notes":"[\"one\"]"}`, Row{Name: "Mona", Email: "m@x.com", Labels: []string{"VIP", "new"}, Notes: []string{`["one"]`}, Cells: []string{"Mona", "m@x.com", "VIP;new", `["one"]`}}},
		"null in lists":            {`{"name":"Mona","email":"m@x.com","labels":[null,"VIP",""," "],"notes":[null]}`, Row{Name: "Mona", Email: "m@x.com", Labels: []string{"VIP"}, Cells: []string{"Mona", "m@x.com", `[null,"VIP",""," "]`, "[null]"}}},
		"null and empty": {
			`{"name":"Mona","email":"m@x.com","phone":null,"company":"","labels":"","notes":null,"createdAt":"","customAttributes":null,"attr.a":null,"attr.b":"","attr.c":" "}`,
			Row{Name: "Mona", Email: "m@x.com", Cells: []string{"Mona", "m@x.com", "", "", "", "", "", "", "", "", " "}},
		},
		"apostrophes": {`{"name":"'007","email":"m@x.com","company":"''t Hooft","attr.a":"'=1"}`, Row{Name: "'007", Email: "m@x.com", Company: "''t Hooft", Attributes: map[string]any{"a": "'=1"}, Cells: []string{"'007", "m@x.com", "''t Hooft", "'=1"}}},
		"attributes": {
			`{"name":"Mona","email":"m@x.com","attr.s":"5","attr.t":"true","attr.u":"null","attr.q":"\"5\"","attr.n":5,"attr.z":-0.0,"attr.f":1.5e3,"attr.b":true,"attr.c":false,"attr.l":12345678901234567890,"attr.h":1e400}`,
			Row{
				Name: "Mona", Email: "m@x.com",
				Attributes: map[string]any{"s": "5", "t": "true", "u": "null", "q": `"5"`, "n": 5.0, "z": 0.0, "f": 1500.0, "b": true, "c": false, "l": "12345678901234567890", "h": "1e400"},
				Cells:      []string{"Mona", "m@x.com", "5", "true", "null", `"5"`, "5", "-0.0", "1.5e3", "true", "false", "12345678901234567890", "1e400"},
			},
		},
		"an object of attributes": {
			`{"name":"Mona","email":"m@x.com","customAttributes":{"s":" 5 ","q":"\"5\"","n":5,"l":9007199254740993,"b":false,"e":"","z":null,"bad key":null,"d":1,"d":"last","x":"object"},"attr.x":"own"}`,
			Row{
				Name: "Mona", Email: "m@x.com", Attributes: map[string]any{"s": "5", "q": `"5"`, "n": 5.0, "l": "9007199254740993", "b": false, "d": "last", "x": "own"},
				Cells: []string{"Mona", "m@x.com", `{"s":" 5 ","q":"\"5\"","n":5,"l":9007199254740993,"b":false,"e":"","z":null,"bad key":null,"d":1,"d":"last","x":"object"}`, "own"},
			},
		},
		"another spelling":       {`{"name":"Mona","email":"m@x.com","Custom_Attributes":{"a":"b"}}`, Row{Name: "Mona", Email: "m@x.com", Attributes: map[string]any{"a": "b"}, Cells: []string{"Mona", "m@x.com", `{"a":"b"}`}}},
		"columns of nothing":     {`{"name":"Mona","email":"m@x.com","id":7,"x":[{"y":1}],"+201001234567":{}}`, Row{Name: "Mona", Email: "m@x.com", Cells: []string{"Mona", "m@x.com", "7", `[{"y":1}]`, "{}"}}},
		"another product's time": {`{"name":"Mona","email":"m@x.com","created":45000}`, Row{Name: "Mona", Email: "m@x.com", Cells: []string{"Mona", "m@x.com", "45000"}}},
		"several in a text":      {`{"name":"Mona","email":"a@ ::: m@x.com"}`, Row{Name: "Mona", Email: "m@x.com", Cells: []string{"Mona", "a@ ::: m@x.com"}}},
	} {
		t.Run(name, func(t *testing.T) {
			test.want.Number = 2
			if diff := cmp.Diff([]Row{test.want}, rowsOf(t, "["+test.object+"]", "SA")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValuesOfTheWrongKind(t *testing.T) {
	for member, says := range map[string]string{
		`"name":5`: `Column "name": it is a number, and has to be a text.`, `"name":["Mona"]`: `Column "name": it is a list`, `"firstName":true`: `Column "firstName": it is true or false`, `"middle name":7`: `Column "middle name": it is a number`,
		`"email":["a@x.com"]`: `Column "email": it is a list, and has to be a text.`, `"company":{"name":"Acme"}`: `Column "company": it is an object`, `"channel":1`: `Column "channel"`,
		`"phone":["+201001234567"]`: `Column "phone": it is a list, and has to be a text or a number.`, `"phone":true`: `Column "phone"`,
		`"labels":5`: `Column "labels": it is a number, and has to be a text or a list of texts.`, `"labels":["VIP",5]`: `Column "labels": the list holds other values than texts`, `"labels":[["VIP"]]`: `Column "labels"`, `"labels":{}`: `Column "labels"`,
		`"notes":[{"text":"x"}]`: `Column "notes": the list holds other values`, `"notes":false`: `Column "notes"`,
		`"createdAt":45000`: `Column "createdAt": it is a number, and has to be a text.`, `"createdAt":"yesterday"`: `Column "createdAt"`,
		`"attr.x":[1]`: `Column "attr.x": it is a list, and has to be a text, a number or true or false.`, `"attr.x":{}`: `Column "attr.x": it is an object`, `"attr.x":"\u0001"`: `Column "attr.x"`,
		`"customAttributes":[]`: `Column "customAttributes": it is a list, and has to be an object`, `"customAttributes":"{}"`: `Column "customAttributes": it is a text`,
		`"customAttributes":{"b":[],"a":{}}`: `Column "customAttributes": the attribute "a" has to be a text, a number or true or false.`, `"customAttributes":{"b c":1,"é":2}`: `Column "customAttributes": the key "b c" cannot be used.`,
		`"customAttributes":{"a":"\u0001"}`: `Column "customAttributes"`,
	} {
		row := rowsOf(t, `[{"Full Name":"Mona","Mail":"mona@example.com",`+member+`}]`, "")[0]
		if codeOf(row) != InvalidValue || !strings.HasPrefix(row.Verdict.Message, says) || !strings.HasSuffix(row.Verdict.Message, ".") {
			t.Errorf("%s: %+v, want %q", member, row.Verdict, says)
		}
	}
}

func TestLimitsOfObjects(t *testing.T) {
	object := func(n, length int) string {
		attributes := map[string]any{}
		for i := range n {
			attributes[fmt.Sprint("k", i)] = strings.Repeat("é", length)
		}
		raw, _ := json.Marshal(map[string]any{"name": "Mona", "email": "m@x.com", "customAttributes": attributes})
		return string(raw)
	}
	for text, want := range map[string]Code{
		object(100, 1): "", object(101, 1): ValueTooLong, object(1, 2000): "", object(1, 2001): ValueTooLong, object(100, 700): ValueTooLong,
		`{"name":"Mona","email":"m@x.com","customAttributes":{"` + strings.Repeat("k", 64) + `":1}}`: "", `{"name":"Mona","email":"m@x.com","customAttributes":{"` + strings.Repeat("k", 65) + `":1}}`: InvalidValue,
	} {
		if row := rowsOf(t, text, "")[0]; codeOf(row) != want {
			t.Errorf("%.80s: %+v", text, row.Verdict)
		}
	}
	var many strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&many, "{\"name\":\"Mona\",\"email\":\"m%d@x.com\",\"customAttributes\":{\"k%d\":%d}}\n", i, i, i)
	}
	if rows := rowsOf(t, many.String(), ""); len(rows) != 5000 || rows[4999].Attributes["k4999"] != 4999.0 {
		t.Errorf("%d rows, the last %+v", len(rows), rows[len(rows)-1])
	}
}

// A header customAttributes means nothing in a file whose cells are text.
func TestCustomAttributesAreNoColumnOfTables(t *testing.T) {
	w := newWorld(t)
	job := w.importFile(UpdateKnown, "name,email,customAttributes", `Mona,mona@example.com,"{""plan"":""gold""}"`)
	if job.Totals.Created != 1 || job.Mapping["customAttributes"] != "" || len(w.named("Mona")[0].Attributes) > 0 {
		t.Errorf("%+v", job)
	}
}

// A row that is written as an object is read as the same row.
func TestRowsWrittenAsObjectsComeBack(t *testing.T) {
	text := rapid.StringMatching(`[\pL"'\\\[{=,;:0-9][\pL "'\\\[{=,;:0-9\n]{0,20}[\pL\]}"'0-9]`)
	label := rapid.StringMatching(`[a-zé"'\[=,;:0-9][a-z "'\[\]{=,;:0-9]{0,20}[a-z\]}"'0-9]`)
	rapid.Check(t, func(t *rapid.T) {
		var want []Row
		var objects []map[string]any
		for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := Row{Number: i + 2, Name: text.Draw(t, "name"), Email: fmt.Sprintf("m%d@example.com", i)}
			row.Name = contact.CleanText(row.Name)
			object := map[string]any{"name": row.Name, "email": row.Email}
			if rapid.Bool().Draw(t, "with phone") {
				row.Phone = fmt.Sprintf("+20100123456%d", i)
				object["phone"] = rapid.SampledFrom([]any{row.Phone, json.Number(row.Phone[1:])}).Draw(t, "phone")
			}
			row.Company = contact.CleanText(rapid.OneOf(text, rapid.Just("")).Draw(t, "company"))
			object["company"] = given(row.Company).Value
			for _, label := range rapid.SliceOfN(label, 0, 3).Draw(t, "labels") {
				row.Labels = contact.AddLabels(row.Labels, contact.CleanText(label))
			}
			object["labels"] = row.Labels
			for _, note := range rapid.SliceOfN(text, 0, 3).Draw(t, "notes") {
				if note = contact.CleanText(note); !slices.Contains(row.Notes, note) {
					row.Notes = append(row.Notes, note)
				}
			}
			object["notes"] = row.Notes
			attributes := rapid.MapOfN(rapid.StringMatching(`[A-Za-z0-9_.-]{1,8}`), rapid.OneOf(
				rapid.Map(text, func(s string) any { return contact.CleanText(s) }), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
				rapid.Map(rapid.Int64Range(-contact.MaxExactNumber, contact.MaxExactNumber), func(n int64) any { return float64(n) }),
				rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f + 0 }),
			), 0, 4).Draw(t, "attributes")
			if row.Attributes = attributes; len(attributes) == 0 {
				row.Attributes = nil
			}
			if rapid.Bool().Draw(t, "flat") {
				for key, value := range attributes {
					object[attrPrefix+key] = value
				}
			} else {
				object["customAttributes"] = attributes
			}
			want, objects = append(want, row), append(objects, object)
		}
		raw, err := json.Marshal(objects)
		if err != nil {
			t.Fatal(err)
		}
		got := rowsOf(t, string(raw), "EG")
		for i := range got {
			got[i].Cells = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(string(raw), diff)
		}
	})
}

func TestImportOfObjects(t *testing.T) {
	w := newWorld(t)
	w.region = "EG"
	w.know(contact.Contact{ID: "c-1", Name: "Ali", Email: "ali@example.com", Labels: []string{"old"}, Attributes: map[string]any{"plan": "free", "kept": true}})
	job := w.importJSON(`{"exportedAt":"today","contacts":[
		{"name":"Mona Adel","phone":1001234567,"labels":["VIP"],"notes":["hello"],"customAttributes":{"plan":"gold","seats":5,"code":"007"}},
		{"email":"ALI@example.com","name":"Ali Omar","customAttributes":{"plan":"pro"},"labels":["new"],"phone":null},
		{}, {"name":null,"email":""},
		5,
		{"name":"Lea","phone":["+201001234569"],"labels":["a","b"],"email":"'lea"},
		{"name":"Mona again","phone":"+201001234567"},
		{"name":"\ud800","email":"x@example.com"}
	]}`)
	if job.Status != Completed || job.Format != "json" || job.Totals != (Totals{Rows: 6, Processed: 6, Created: 1, Updated: 1, Skipped: 1, Failed: 3}) {
		t.Fatalf("%s: %+v, %+v", job.Status, job.Totals, job.Error)
	}
	if diff := cmp.Diff([]string{"name", "phone", "labels", "notes", "customAttributes", "email"}, job.Columns); diff != "" {
		t.Error(diff)
	}
	mona := w.named("Mona Adel")[0]
	if diff := cmp.Diff(map[string]any{"plan": "gold", "seats": 5.0, "code": "007"}, mona.Attributes); diff != "" || mona.Phone != "+201001234567" {
		t.Error(diff, mona)
	}
	ali := w.named("Ali Omar")[0]
	if diff := cmp.Diff(map[string]any{"plan": "pro", "kept": true}, ali.Attributes); diff != "" || ali.ID != "c-1" || !slices.Equal(ali.Labels, []string{"old", "new"}) {
		t.Error(diff, ali)
	}
	report := w.report(job)
	for i := range report {
		report[i] = slices.Delete(report[i], len(report[i])-1, len(report[i]))
	}
	if diff := cmp.Diff([][]string{
		{"name", "phone", "labels", "notes", "customAttributes", "email", "_row", "_outcome", "_code"},
		{"5", "", "", "", "", "", "6", "failed", "malformed_row"},
		{"Lea", `["+201001234569"]`, `["a","b"]`, "", "", "''lea", "7", "failed", "invalid_value"},
		{"Mona again", "+201001234567", "", "", "", "", "8", "skipped", "duplicate_in_file"},
		{`{"name":"\ud800","email":"x@example.com"}`, "", "", "", "", "", "9", "failed", "malformed_row"},
	}, report); diff != "" {
		t.Error(diff)
	}
}

func TestImportOfLines(t *testing.T) {
	w := newWorld(t)
	job := w.importJSON("{\"name\":\"Mona\",\"email\":\"mona@example.com\"}\n\n{\"name\":\"Ali\",\n[]\n{\"E-mail\":\"lea@example.com\",\"full name\":\"Lea\",\"name\":\"Lea\"}\n")
	if diff := cmp.Diff([]string{"3 failed malformed_row", "4 failed malformed_row"}, w.reasons(job)); diff != "" || job.Totals.Created != 2 {
		t.Error(diff, job.Totals)
	}
	if message := w.report(job)[1][len(job.Columns)+3]; !strings.HasPrefix(message, "Line 3, column 15: ") {
		t.Error(message)
	}
}

func TestFilesOfObjectsThatCannotBeRead(t *testing.T) {
	keys := func(n int) string {
		object := map[string]any{"name": "Mona", "email": "m@x.com"}
		for i := range n - 2 {
			object[fmt.Sprint("k", i)] = 1
		}
		raw, _ := json.Marshal([]any{object})
		return string(raw)
	}
	for name, test := range map[string]struct {
		file string
		want Code
		says string
	}{
		"empty":            {"", EmptyFile, "empty"},
		"an empty list":    {"[]", EmptyFile, "empty"},
		"an empty wrapper": {`{"contacts":[]}`, EmptyFile, "empty"},
		"empty objects":    {"[{},{}]", EmptyFile, "no rows"},
		"only null":        {`[{"name":null,"email":""},{"name":" "}]`, EmptyFile, "no rows"},
		"torn":             {`[{"name":"Mona","email":"m@x.com"}`, CorruptFile, "Line 1, column 35"},
		"no JSON":          {"name,email\nMona,m@x.com\n", CorruptFile, "No line"},
		"nested deep":      {strings.Repeat("[", 10_000), CorruptFile, "nested"},
		"utf-16":           {"\xff\xfe[\x00", NotUTF8, "UTF-16"},
		"latin 1":          {"[{\"name\":\"\xe9\"}]", NotUTF8, "Line 1"},
		"no name":          {`[{"email":"m@x.com"}]`, MissingColumns, "name"},
		"no objects":       {"[1,2]", MissingColumns, "name"},
		"501 keys":         {keys(501), TooManyColumns, "501"},
		"500 keys":         {keys(500), "", ""},
		"2001 rows":        {"[" + strings.Repeat("1,", 2000) + "1]", TooManyRows, "2000"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			job := w.importJSON(test.file)
			if test.want == "" {
				if job.Totals.Created != 1 {
					t.Errorf("%+v %v", job.Totals, job.Error)
				}
				return
			}
			if job.Status != Failed || job.Error.Code != test.want || !strings.Contains(job.Error.Detail, test.says) {
				t.Errorf("%s, %+v", job.Status, job.Error)
			}
			if len(w.messages)+len(w.contacts)+len(w.work)+len(w.chunks) > 0 {
				t.Error("something was imported")
			}
		})
	}
}

// Every field has kinds of its own, or is a text.
func TestKindsAreWantedOfKnownFields(t *testing.T) {
	fields := map[string]bool{fieldCustom: true, "identities": true}
	for meaning := range words {
		fields[meaning.field] = true
	}
	for field := range maps.Keys(wants) {
		if !fields[field] {
			t.Errorf("%q is no field", field)
		}
	}
}
