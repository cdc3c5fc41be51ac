package importing

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// mapped reads a mapping as clients write it.
func mapped(t tester, text string) (mapping Mapping) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &mapping); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return mapping
}

// complaints are the faults of an error, each as "location: message".
func complaints(err error) (all []string) {
	fault, _ := err.(*problem.Error) //nolint:errorlint // as it is given
	if fault != nil {
		for _, field := range fault.Fields {
			all = append(all, field.Location+": "+field.Message)
		}
	}
	return all
}

const (
	unknownField  = "There is no such field; give one of name, firstName, lastName, email, phone, company, notes, labels, channel, createdAt, id, identities, attr.<key>, or null."
	unknownColumn = "The file has no such column; name it as the import's columns do."
	unknownKey    = "An attribute's key has 1 to 64 letters, digits, underscores, dots and hyphens."
)

func twice(column, field string) string {
	return fmt.Sprintf("Column %q is mapped to %s too, and only email and phone may have several columns; map one of them to another field or to null.", column, field)
}

func TestMappingsThatCannotBeUsed(t *testing.T) {
	const noName, noAddress = `for the name (such as "name")`, `for the e-mail or phone (such as "email" or "phone")`
	w := newWorld(t)
	ref := w.begin(UpdateKnown, "Who,Email,A,B.c,twin,Twin\nx,,,,,\n")
	for text, want := range map[string]string{
		`{"Who":"name","A":"nickname"}`:              "body.mapping.A: " + unknownField,
		`{"Who":"Name"}`:                             "body.mapping.Who: " + unknownField,
		`{"Who":"name","A":""}`:                      "body.mapping.A: " + unknownField,
		`{"Who":"name","A":" email"}`:                "body.mapping.A: " + unknownField,
		`{"Who":"name","A":"attr"}`:                  "body.mapping.A: " + unknownField,
		`{"Who":"name","A":"attr."}`:                 "body.mapping.A: " + unknownKey,
		`{"Who":"name","A":"attr.a b"}`:              "body.mapping.A: " + unknownKey,
		`{"Who":"name","A":"name"}`:                  "body.mapping.Who: " + twice("A", "name"),
		`{"Who":"name","A":"attr.x","B.c":"attr.x"}`: "body.mapping.B.c: " + twice("A", "attr.x"),
		`{"Who":"name","C":"company"}`:               "body.mapping.C: " + unknownColumn,
		`{"Who":"name","C":null}`:                    "body.mapping.C: " + unknownColumn,
		`{"Who":"name","":"company"}`:                "body.mapping.: " + unknownColumn,
		`{"who":"name","WHO":"company"}`:             `body.mapping.who: "WHO" means the same column; name it once.`,
		`{"Who":"name","w ho":null}`:                 `body.mapping.w ho: "Who" means the same column; name it once.`,
		`{"Who":"name","TW IN":"company"}`:           `body.mapping.TW IN: The columns "twin" and "Twin" both differ from it in case and spaces alone; name one exactly as the import's columns do.`,
		`{}`:                                         "body.mapping: No column is left " + noName + "; map one that holds it.",
		`{"Who":"company"}`:                          "body.mapping: No column is left " + noName + "; map one that holds it.",
		`{"Who":"name","Email":null}`:                "body.mapping: No column is left " + noAddress + "; map one that holds it.",
		`{"Email":"labels"}`:                         "body.mapping: No column is left " + noName + " and none " + noAddress + "; map one that holds it.",
		`{"A":"x","B.c":"attr.ü","C":"name"}`:        "body.mapping.A: " + unknownField + " | body.mapping.B.c: " + unknownKey + " | body.mapping.C: " + unknownColumn,
	} {
		_, err := w.service.Map(invocation(), ref, mapped(t, text))
		if got := strings.Join(complaints(err), " | "); got != want || problem.CodeOf(err) != problem.InvalidMapping {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
	if job := w.imports[ref]; job.Status != AwaitingMapping || job.Given != nil || len(w.starts) != 0 {
		t.Errorf("%+v", job)
	}
}

func TestMappingsThatAreTooLarge(t *testing.T) {
	many, long := Mapping{}, Mapping{strings.Repeat("x", maxMapping-11): new("email")}
	for i := range maxColumns + 1 {
		many[fmt.Sprint(i)] = nil
	}
	w := newWorld(t)
	for want, mapping := range map[string]Mapping{
		"body.mapping: The mapping names 501 columns, and a file has at most 500; leave some out.":  many,
		"body.mapping: The mapping has more than 100000 bytes; name only the columns that need it.": long,
		"body.mapping.x: " + unknownField: {"x": new("mail")},
	} {
		_, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: "a.csv", Size: 1, Mapping: mapping}, nil)
		if got := strings.Join(complaints(err), " | "); got != want || problem.CodeOf(err) != problem.InvalidMapping || len(w.imports) != 0 {
			t.Errorf("%s, %v", got, err)
		}
	}
}

func TestColumnsAreFoundByWhatTheyAreCalled(t *testing.T) {
	long := strings.Repeat("é", 150)
	names := columnNames([]string{"Full Name", "Email", "Email", "e mail", "", long, "ÉCOLE"})
	for said, want := range map[string]string{
		"Full Name": "Full Name", " fullname ": "Full Name", "FULL\u00a0NAME": "Full Name", "Email (2)": "Email (2)", "EMAIL(2)": "Email (2)", "Email": "Email", "e mail": "e mail",
		"column 5": "Column 5", long: strings.Repeat("é", 99) + "…", "e\u0301cole": "ÉCOLE", "email": "", "Fullname2": "", "": "",
	} {
		got, faults := resolve(names, map[string]string{said: "phone"})
		if want == "" && len(faults) != 1 || want != "" && (len(faults) != 0 || got[want] != "phone") {
			t.Errorf("%q is found in %v, %v", said, got, faults)
		}
	}
}

func TestWhatIsSaidComesFirst(t *testing.T) {
	for name, test := range map[string]struct {
		header, mapping string
		want            map[string]string // as shown
	}{
		"beside what is recognised": {"Who,Email,Plan", `{"Who":"name","Plan":"attr.plan"}`, map[string]string{"Who": "name", "Email": "email", "Plan": "attr.plan"}},
		"over a header":             {"name,email,company", `{"company":"attr.firm"}`, map[string]string{"name": "name", "email": "email", "company": "attr.firm"}},
		"instead of a header":       {"name,Nick,email", `{"Nick":"name"}`, map[string]string{"Nick": "name", "email": "email"}},
		"not used":                  {"name,email,phone", `{"phone":null}`, map[string]string{"name": "name", "email": "email"}},
		"an attribute's own column": {"name,email,attr.x,X", `{"X":"attr.x"}`, map[string]string{"name": "name", "email": "email", "X": "attr.x"}},
		"e-mails together":          {"name,email,Other", `{"Other":"email"}`, map[string]string{"name": "name", "email": "email", "Other": "email"}},
		"the second of a name":      {"name,email,name", `{"name":"company","name (2)":"name"}`, map[string]string{"name": "company", "email": "email", "name (2)": "name"}},
		"a middle name":             {"first name,middle name,email", `{"middle name":"lastName"}`, map[string]string{"first name": "firstName", "middle name": "lastName", "email": "email"}},
	} {
		header := strings.Split(test.header, ",")
		said, faults := mapped(t, test.mapping).said()
		given, unknown := resolve(columnNames(header), said)
		l := layoutBy(header, columnNames(header), choice{given: given})
		if diff := cmp.Diff(test.want, l.mapping); diff != "" || len(faults)+len(unknown) > 0 || len(l.middle) > 0 {
			t.Errorf("%s: %s %v %v %v", name, diff, faults, unknown, l.middle)
		}
	}
}

// rowBy reads one row under a mapping.
func rowBy(t *testing.T, header, mapping string, cells ...string) Row {
	t.Helper()
	names := strings.Split(header, ",")
	said, faults := mapped(t, mapping).said()
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	r := &rowReader{layout: layoutBy(names, columnNames(names), choice{given: said}), phone: func(raw string) (string, error) { return raw, nil }}
	return r.read(2, cells, nil)
}

func TestRowsUnderAMapping(t *testing.T) {
	for name, test := range map[string]struct {
		row  Row
		want string
	}{
		"name over its parts":            {rowBy(t, "First Name,Last Name,Title,email", `{"Title":"name"}`, "Mona", "Adel", "Dr Mona", "m@x.org"), "Dr Mona m@x.org  <nil>"},
		"File As when mapped":            {rowBy(t, "First Name,File As,email", `{"File As":"name"}`, "Mona", "Adel, Mona", "m@x.org"), "Adel, Mona m@x.org  <nil>"},
		"File As when not":               {rowBy(t, "First Name,File As,email", `{}`, "Mona", "Adel, Mona", "m@x.org"), "Mona m@x.org  <nil>"},
		"said before recognised":         {rowBy(t, "name,email,B,A", `{"A":"email","B":"email"}`, "Mona", "m@x.org", "b@x.org", "a@x.org"), "Mona b@x.org  <nil>"},
		"the first valid one":            {rowBy(t, "name,email,B,A", `{"A":"email","B":"email"}`, "Mona", "m@x.org", "b@", "a@x.org ::: c@x.org"), "Mona a@x.org  <nil>"},
		"a phone of any kind":            {rowBy(t, "name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value", `{"Phone 1 - Value":"phone"}`, "Mona", "Work Fax", "+1", "Mobile", "+2"), "Mona  +1 <nil>"},
		"a kind that is kept too":        {rowBy(t, "name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value", `{"Phone 1 - Label":"attr.kind"}`, "Mona", "Work Fax", "+1", "Mobile", "+2"), "Mona  +2 Work Fax"},
		"a kind that is not used":        {rowBy(t, "name,Phone 1 - Label,Phone 1 - Value", `{"Phone 1 - Label":null}`, "Mona", "Work Fax", "+1"), "Mona  +1 <nil>"},
		"the rest as attributes":         {rowBy(t, "name,email,Email 2", `{"Email 2":"attr.kind"}`, "Mona", "m@x.org", "a@x.org ::: b@x.org"), "Mona m@x.org  a@x.org ::: b@x.org"},
		"middle names that are not used": {rowBy(t, "First Name,Middle Name,Last Name,email", `{"Middle Name":null}`, "Mona", "Ahmed", "Adel", "m@x.org"), "Mona Adel m@x.org  <nil>"},
	} {
		if got := fmt.Sprint(test.row.Name, " ", test.row.Email, " ", test.row.Phone, " ", test.row.Attributes["kind"]); got != test.want || test.row.Verdict != nil {
			t.Errorf("%s: %s, want %s, %v", name, got, test.want, test.row.Verdict)
		}
	}
}

func TestValuesUnderAMappedHeader(t *testing.T) {
	if row := rowBy(t, "name,email,Created On", `{}`, "Mona", "m@x.org", "soon"); row.Verdict != nil {
		t.Errorf("another product's time: %+v", row.Verdict)
	}
	if row := rowBy(t, "name,email,Created On", `{"Created On":"createdAt"}`, "Mona", "m@x.org", "soon"); row.Verdict == nil || row.Verdict.Code != InvalidValue {
		t.Errorf("a mapped time: %+v", row)
	}
	for header, want := range map[string][]string{"labels": {`"VIP"`, `"new"`}, "Interests": {"VIP", "new"}, "TAGS": {"VIP", "new"}} {
		if row := rowBy(t, "name,email,"+header, `{"`+header+`":"labels"}`, "Mona", "m@x.org", `"VIP","new"`); !slices.Equal(row.Labels, want) {
			t.Errorf("%s: %q, %v", header, row.Labels, row.Verdict)
		}
	}
}

// headers of all kinds, some of which mean something by themselves.
var someHeaders = rapid.SliceOfN(rapid.SampledFrom([]string{
	"name", "Full Name", "First Name", "Last Name", "Middle Name", "File As", "email", "Email", "E-mail 2", "phone", "Mobile", "Phone 1 - Label", "Phone 1 - Value", "company", "notes", "labels",
	"channel", "createdAt", "Created On", "attr.plan", "attr.x", "Group Membership", "x", "y", "", "fax", "External ID", "Restriction",
}), 1, 12)

// drawMapping draws a valid mapping of some of the columns.
func drawMapping(t *rapid.T, names []string) Mapping {
	mapping, taken := Mapping{}, map[string]bool{}
	for _, name := range names {
		field := rapid.SampledFrom(append([]string{"", "null", "attr.x", "attr.y"}, fields...)).Draw(t, "field of "+name)
		switch {
		case field == "" || taken[field]:
		case field == "null":
			mapping[name] = nil
		default:
			mapping[name], taken[field] = &field, !numbered(field)
		}
	}
	return mapping
}

// columnsOf are the columns that a layout reads a field from, as the reader of rows asks for them.
func (l layout) columnsOf(field string) (columns []int) {
	switch key, custom := strings.CutPrefix(field, attrPrefix); {
	case field == fieldEmail:
		return l.emails
	case field == fieldPhone:
		return l.phones
	case custom:
		for _, attr := range l.attrs {
			if attr.key == key {
				columns = append(columns, attr.column)
			}
		}
		return columns
	case l.has(field):
		return []int{l.single[field]}
	}
	return nil
}

func TestEveryFieldHasTheColumnThatIsSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		header := someHeaders.Draw(t, "header")
		names := columnNames(header)
		mapping := drawMapping(t, names)
		checkChosen(t, header, names, mapping)
	})
}

// checkChosen demands of a layout what a valid mapping says.
func checkChosen(t tester, header, names []string, mapping Mapping) {
	t.Helper()
	said, faults := mapping.said()
	given, unknown := resolve(names, said)
	if len(faults)+len(unknown) > 0 {
		t.Fatalf("%v, %v", faults, unknown)
	}
	l := layoutBy(header, names, choice{given: given})
	first := map[string]int{} // how many columns of a numbered field are said
	for column, name := range names {
		field, told := given[name]
		if !told {
			continue
		}
		if l.mapping[name] != field || slices.Contains(l.middle, column) {
			t.Fatalf("%q leads to %q, want %q", name, l.mapping[name], field)
		}
		for _, other := range append(slices.Clone(fields), "attr.x", "attr.y", "attr.plan") {
			columns := l.columnsOf(other)
			if at := slices.Index(columns, column); (at >= 0) != (other == field) {
				t.Fatalf("%s is read from %v, and %d is said to be %q", other, columns, column, field)
			} else if other == field && (at != first[field] || !numbered(field) && len(columns) != 1) {
				t.Fatalf("%s is read from %v: %d does not come at %d", field, columns, column, first[field])
			}
		}
		first[field]++
	}
	for column, name := range names {
		_, told := given[name]
		if field := l.mapping[name]; field != "" && !told {
			if meaning, _ := recognise(header[column]); meaning.field != field {
				t.Fatalf("%q leads to %q by itself", name, field)
			}
		}
	}
}

func FuzzMapping(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"Who":"name","A":"attr.x","Email":null}`, "Who,Email,A"}, {`{"name":null,"name (2)":"name"}`, "name,name,email"}, {`{"EMAIL":"phone","e mail":"email"}`, "Email,email,e mail"},
		{`{"Phone 1 - Value":"phone","Phone 1 - Label":"attr.kind"}`, "Name,Phone 1 - Label,Phone 1 - Value"}, {`{"":"email","Column 1":"name"}`, ",,"}, {`null`, "name,email"}, {`[]`, ""},
		{`{"Middle Name":"lastName","Labels":"labels"}`, "First Name,Middle Name,Group Membership,Labels"}, {`{"a":"attr.","b":"attr.é","c":1}`, "a,b,c"}, {`{"'x":"id","x":"identities"}`, "''x,'x,x"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, line string) {
		var mapping Mapping
		if json.Unmarshal([]byte(text), &mapping) != nil {
			return
		}
		header := strings.Split(line, ",")
		names := columnNames(header)
		said, faults := mapping.said()
		given, unknown := resolve(names, said)
		for _, fault := range append(faults, unknown...) {
			if fault.Location != mappingAt && !strings.HasPrefix(fault.Location, locationOf("")) || !strings.HasSuffix(fault.Message, ".") {
				t.Fatalf("%+v", fault)
			}
		}
		if len(faults)+len(unknown) > 0 {
			return
		}
		byNames := Mapping{}
		for name, field := range given {
			if byNames[name] = &field; field == "" {
				byNames[name] = nil
			} else if key, custom := strings.CutPrefix(field, attrPrefix); custom && contact.CheckAttributeKey(key) != nil {
				t.Fatalf("%q leads to %q", name, field)
			}
		}
		if len(byNames) != len(mapping) {
			t.Fatalf("%v became %v", mapping, given)
		}
		checkChosen(t, header, names, byNames)
		if again, faults := resolve(names, given); len(faults) > 0 || !maps.Equal(again, given) {
			t.Fatalf("%v is resolved to %v, %v", given, again, faults)
		}
	})
}

// A mapping may name columns of 100 KB; what a file's failure says of them stays readable, and can be stored.
func TestTheFaultOfALongColumnIsShort(t *testing.T) {
	long := strings.Repeat("\u0001", 16_000)
	for _, given := range []map[string]string{{long: "name"}, {long: "name", " " + long: "email"}} {
		_, faults := resolve([]string{"Name"}, given)
		if len(faults) == 0 {
			t.Fatal("the file has no such column")
		}
		if detail := mappingFault(FromAPI, faults[0]).Detail; len(detail) > 2_000 {
			t.Errorf("%d bytes: %.100q", len(detail), detail)
		}
	}
}
