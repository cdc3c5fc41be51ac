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
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// exported are the columns of our exports before the attributes (pkg/httpapi/README.md, "The file of an export").
var exported = strings.Split("id,name,email,phone,company,channel,labels,notes,identities,conversationCount,requestCount,lastInteractionAt,createdAt", ",")

// exportedContact is a contact with its notes, as an export holds it.
type exportedContact struct {
	contact.Contact
	notes [][]string // by column: notes, notes 2, …
}

// exportOf is a CSV file as our exports are.
func exportOf(t tester, contacts []exportedContact) string {
	t.Helper()
	keys, columns := map[string]bool{}, 1
	for _, c := range contacts {
		columns = max(columns, len(c.notes))
		for key := range c.Attributes {
			keys[key] = true
		}
	}
	header := slices.Clone(exported)
	for n := 2; n <= columns; n++ {
		header = append(header, fmt.Sprint("notes ", n))
	}
	attributes := slices.Sorted(maps.Keys(keys))
	others := attributes[len(attributes)/2:] // those that have no column of their own
	attributes = attributes[:len(attributes)/2]
	for _, key := range attributes {
		header = append(header, "attr."+key)
	}
	header = append(header, "customAttributes", "customAttributes 2")
	file := cell.AppendCSV([]byte(cell.BOM), header)
	for _, c := range contacts {
		view := c.View()
		identities := ""
		if len(view.Identities) > 0 {
			body, err := json.Marshal(view.Identities)
			if err != nil {
				t.Fatalf("%v", err)
			}
			identities = string(body)
		}
		notes := slices.Concat(c.notes, make([][]string, columns-len(c.notes)))
		record := []string{
			c.ID, view.Name, c.Email, c.Phone, c.Company, string(c.Channel), cell.Labels(c.Labels), cell.Notes(notes[0]), identities,
			"5", "6", "2026-01-02T03:04:05.000Z", view.CreatedAt,
		}
		for _, more := range notes[1:] {
			record = append(record, cell.Notes(more))
		}
		for _, key := range attributes {
			record = append(record, cell.Attribute(c.Attributes[key]))
		}
		record = append(record, objectsOf(t, c.Attributes, others)...)
		file = cell.AppendCSV(file, record)
	}
	return string(file)
}

// objectsOf spreads attributes over two cells.
func objectsOf(t tester, attributes map[string]any, keys []string) []string {
	t.Helper()
	cells := []string{"", ""}
	for i := range cells {
		object := map[string]any{}
		for n, key := range keys {
			if value, has := attributes[key]; has && n%2 == i {
				object[key] = value
			}
		}
		if len(object) > 0 {
			body, err := json.Marshal(object)
			if err != nil {
				t.Fatalf("%v", err)
			}
			cells[i] = string(body)
		}
	}
	return cells
}

// texts are what cells, JSON and spreadsheets give a meaning, more often than chance would have it.
func texts() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"=", "+", "-", "@", "'", "\t", "\r", "\n", "\r\n", ";", ",", "[", "]", `"`, `\`, "{", "}", ":", " ::: ", " ", "a", "0", "5", ".", "e", "true", "null",
		`"x"`, "1e400", `["a"]`, `\u2028`, "\u2028", "\u00a0", "\u200f", "منى", "ـ", "👩‍👧", "e\u0301", "\u0301", "\ufeff", "\U0001d11e", "12345678901234567890", "+201001234567",
		";=", "\n=", "'=", "'\u2063",
	})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(pieces, rapid.StringMatching(`\PC`)), 1, 6).Draw(t, "pieces"), "")
	})
}

// normal are texts as they are stored.
func normal(normalize func(string) (string, error)) *rapid.Generator[string] {
	return rapid.Map(texts(), func(text string) string {
		stored, _ := normalize(text)
		return stored
	}).Filter(func(stored string) bool { return stored != "" })
}

func attributeText(text string) (string, error) {
	value, err := contact.NormalizeAttribute(text)
	stored, _ := value.(string)
	return stored, err
}

// storedContact is a contact as storage may hold it, with an e-mail, phone and identities that nobody else has.
func storedContact(t *rapid.T, n int) exportedContact {
	c := contact.Contact{
		Workspace: demo, ID: derivedID("test", numeral(n)), Name: normal(contact.NormalizeName).Draw(t, "name"), Version: 1,
		Channel: rapid.SampledFrom(contact.Channels).Draw(t, "channel"), CreatedAt: drawnTime(t), UpdatedAt: dawn,
	}
	some := rapid.Bool()
	if some.Draw(t, "an e-mail") {
		c.Email = fmt.Sprintf("%d'+=%s@example.com", n, rapid.SampledFrom([]string{"a", "É", "منى", "{}"}).Draw(t, "e-mail"))
	}
	if some.Draw(t, "a phone") {
		c.Phone = fmt.Sprintf("+20100%07d", n)
	}
	if some.Draw(t, "a company") {
		c.Company = normal(contact.NormalizeCompany).Draw(t, "company")
	}
	c.Labels = contact.AddLabels(nil, rapid.SliceOfN(normal(contact.NormalizeLabel), 0, 4).Draw(t, "labels")...)
	c.Attributes = drawnAttributes(t)
	for i := range rapid.IntRange(0, 3).Draw(t, "identities") {
		c.Identities = append(c.Identities, contact.Identity{
			Channel: rapid.SampledFrom(contact.IdentityChannels).Draw(t, "of channel"), AccountID: rapid.OneOf(rapid.Just(""), texts()).Draw(t, "account"),
			ExternalID: texts().Draw(t, "external id") + fmt.Sprint(" ", n, " ", i), Username: rapid.OneOf(rapid.Just(""), texts()).Draw(t, "username"),
			ProfileName: rapid.OneOf(rapid.Just(""), texts()).Draw(t, "profile name"), FirstSeenAt: drawnTime(t), LastSeenAt: drawnTime(t),
		})
	}
	if c.Identities = slices.DeleteFunc(c.Identities, func(i contact.Identity) bool { return contact.CheckIdentity(i) != nil }); len(c.Identities) == 0 {
		c.Identities = nil
	} else if some.Draw(t, "no name") {
		c.Name = ""
	}
	notes := rapid.SliceOfN(rapid.SliceOfN(normal(contact.NormalizeNote), 0, 3), 0, 3).Draw(t, "notes")
	return exportedContact{c, notes}
}

func drawnTime(t *rapid.T) time.Time {
	return time.UnixMilli(rapid.Int64Range(earliest.UnixMilli(), latest.UnixMilli()).Draw(t, "time")).UTC()
}

func drawnAttributes(t *rapid.T) map[string]any {
	value := rapid.OneOf(
		rapid.Map(normal(attributeText), func(text string) any { return text }),
		rapid.Map(rapid.Float64Range(-contact.MaxExactNumber, contact.MaxExactNumber), func(number float64) any { return number }),
		rapid.Map(rapid.Int64Range(-contact.MaxExactNumber, contact.MaxExactNumber), func(number int64) any { return float64(number) }),
		rapid.Map(rapid.Bool(), func(is bool) any { return is }),
	)
	attributes := map[string]any{}
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"plan", "Plan", "id", "notes", "a-b_c.D0", "phone"}), 0, 4, rapid.ID).Draw(t, "keys") {
		attributes[key] = value.Draw(t, key)
	}
	if len(attributes) == 0 {
		return nil
	}
	return attributes
}

// noted are the texts of a contact's notes, oldest first.
func (w *world) noted(id string) (texts []string) {
	for _, note := range slices.SortedFunc(maps.Values(w.notes[demo+"/"+id]), func(a, b contact.Note) int { return strings.Compare(a.ID, b.ID) }) {
		texts = append(texts, note.Text)
	}
	return texts
}

// An export that is imported into an empty workspace gives the same contacts back, every character included; imported into the workspace
// that it comes from, it changes nothing.
func TestExportsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contacts := make([]exportedContact, rapid.IntRange(1, 4).Draw(t, "contacts"))
		home := newWorld(t)
		for n := range contacts {
			contacts[n] = storedContact(t, n)
			home.keep(contacts[n].Contact)
			for i, text := range slices.Concat(contacts[n].notes...) {
				home.keepNote(contacts[n].Contact, contact.Note{ID: fmt.Sprintf("%03d", i), Text: text})
			}
		}
		file := exportOf(t, contacts)

		away := newWorld(t)
		job := away.importFile(RejectKnown, file)
		if job.Totals.Created != len(contacts) {
			t.Fatalf("%+v, %v", job.Totals, away.report(job))
		}
		for n, want := range contacts {
			got := away.contacts[demo+"/"+ContactID(job.ID, n+2)]
			ignored := cmpopts.IgnoreFields(contact.View{}, "ID", "UpdatedAt")
			if diff := cmp.Diff(shown(want.Contact), shown(got), ignored); diff != "" {
				t.Fatalf("%s\n%s", diff, file)
			}
			if diff := cmp.Diff(slices.Concat(want.notes...), away.noted(got.ID)); diff != "" {
				t.Fatalf("notes: %s\n%s", diff, file)
			}
		}

		before, notes := maps.Clone(home.contacts), len(home.notes)
		if job := home.importFile(UpdateKnown, file); job.Totals.Updated != len(contacts) {
			t.Fatalf("at home: %+v, %v", job.Totals, home.report(job))
		}
		if diff := cmp.Diff(before, home.contacts); diff != "" || notes != len(home.notes) {
			t.Fatalf("at home: %s", diff)
		}
	})
}

// shown is a contact as it is answered, its name trimmed: that of an identity may not be.
func shown(c contact.Contact) contact.View {
	view := c.View()
	view.Name = contact.CleanText(view.Name)
	return view
}

func TestRowsOfOurExports(t *testing.T) {
	const id = "0e7a3c52-6a8e-4c39-9a51-0d6f2f6b1c11"
	own := func(cells string) Row {
		return readerOf(strings.Join(append(exported, "notes 3", "notes 2", "customAttributes"), ","), "").read(2, strings.Split(cells, "|"), nil)
	}
	identity := contact.Identity{Channel: contact.SMS, ExternalID: "1"}
	for name, test := range map[string]struct {
		cells string
		want  Row
		code  Code
	}{
		"only a name":                          {id + "|Mona", Row{ID: id, Name: "Mona"}, ""},
		"no name":                              {id + "||m@example.com", Row{}, MissingName},
		"counts are left out":                  {"|Mona||||||||x|y|z", Row{Name: "Mona"}, ""},
		"a malformed id":                       {"42|Mona", Row{Name: "Mona"}, ""},
		"an id in other case":                  {strings.ToUpper(id) + "|Mona", Row{Name: "Mona"}, ""},
		"labels with the separator of several": {"|Mona|||||a ::: b;c", Row{Name: "Mona", Labels: []string{"a ::: b", "c"}}, ""},
		"notes of all columns in order": {
			`|Mona||||||one||1|2|2026-01-01||["four","[five"]|["two","one","three"]`, Row{Name: "Mona", Notes: []string{"one", "two", "one", "three", "four", "[five"}}, "",
		},
		"an identity":              {`|Mona|||||||[{"channel":"sms","externalId":"1","username":null}]`, Row{Name: "Mona", Identities: []contact.Identity{identity}}, ""},
		"one identity twice":       {`|Mona|||||||[{"channel":"sms","externalId":"1"},{"channel":"sms","externalId":"1","username":"x"}]`, Row{Name: "Mona", Identities: []contact.Identity{identity}}, ""},
		"no name beside it":        {`||||||||[{"channel":"sms","externalId":"1"}]`, Row{}, MissingName},
		"an external id for it":    {`|1|||||||[{"channel":"sms","externalId":"1"}]`, Row{Name: "1", Identities: []contact.Identity{identity}}, ""},
		"a name that cannot be":    {"|\u0301|||||||" + `[{"channel":"sms","externalId":"1"}]`, Row{}, InvalidValue},
		"no identities":            {"|Mona|||||||[]", Row{Name: "Mona"}, ""},
		"no JSON":                  {"|Mona|||||||sms 1", Row{}, InvalidValue},
		"an object":                {`|Mona|||||||{"channel":"sms","externalId":"1"}`, Row{}, InvalidValue},
		"null":                     {"|Mona|||||||[null]", Row{}, InvalidValue},
		"a number for an id":       {`|Mona|||||||[{"channel":"sms","externalId":1}]`, Row{}, InvalidValue},
		"no channel":               {`|Mona|||||||[{"externalId":"1"}]`, Row{}, InvalidValue},
		"no channel of identities": {`|Mona|||||||[{"channel":"import","externalId":"1"}]`, Row{}, InvalidValue},
		"no time":                  {`|Mona|||||||[{"channel":"sms","externalId":"1","lastSeenAt":"today"}]`, Row{}, InvalidValue},
		"too long":                 {`|Mona|||||||[{"channel":"sms","externalId":"` + strings.Repeat("x", 257) + `"}]`, Row{}, ValueTooLong},
		"21":                       {"|Mona|||||||[" + strings.Join(numbered21(), ",") + "]", Row{Name: "Mona"}, ""},
		"others":                   {"|Mona||||||||||||||" + `{"a":"x","b":5,"c":true,"d":null}`, Row{Name: "Mona", Attributes: map[string]any{"a": "x", "b": 5.0, "c": true}}, ""},
		"others that are a list":   {"|Mona||||||||||||||[1]", Row{}, InvalidValue},
		"others that are no JSON":  {"|Mona||||||||||||||{", Row{}, InvalidValue},
		"two objects of others":    {"|Mona||||||||||||||{}{}", Row{}, InvalidValue},
		"a list among others":      {`|Mona||||||||||||||{"a":[]}`, Row{}, InvalidValue},
		"20":                       {"|Mona|||||||[" + strings.Join(numbered21()[1:], ",") + "]", Row{Name: "Mona"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			row := own(test.cells)
			if codeOf(row) != test.code || row.Verdict != nil && !strings.HasSuffix(row.Verdict.Message, ".") {
				t.Fatalf("%+v, want %q", row.Verdict, test.code)
			}
			ignored := []string{"Number", "Cells", "Verdict", "CreatedAt"}
			if name == "20" || name == "21" {
				ignored = append(ignored, "Identities")
			}
			if diff := cmp.Diff(test.want, row, cmpopts.IgnoreFields(Row{}, ignored...)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if row := own(`|Mona|||||||[{"channel":"sms","externalId":"1"},{"channel":"x"}]`); !strings.HasPrefix(row.Verdict.Message, `Column "identities": identity 2: `) {
		t.Error(row.Verdict.Message)
	}
}

func numbered21() (identities []string) {
	for n := range contact.MaxIdentities + 1 {
		identities = append(identities, fmt.Sprintf(`{"channel":"sms","externalId":"%d"}`, n))
	}
	return identities
}

// What an export holds of somebody without a name need not be a name: it stays what is shown.
func TestWhatStandsForAName(t *testing.T) {
	long := strings.Repeat("x", 230)
	for identity, name := range map[contact.Identity]string{
		{Channel: contact.SMS, ExternalID: "1", ProfileName: "\u200b"}:         "1",
		{Channel: contact.SMS, ExternalID: "1", Username: "\u200b"}:            "1",
		{Channel: contact.SMS, ExternalID: long}:                               long,
		{Channel: contact.SMS, ExternalID: "1", ProfileName: " "}:              "1",
		{Channel: contact.SMS, ExternalID: "1", ProfileName: "Mona\nand Adel"}: "Mona\nand Adel",
	} {
		w := newWorld(t)
		job := w.importFile(UpdateKnown, exportOf(t, []exportedContact{{Contact: contact.Contact{Identities: []contact.Identity{identity}, CreatedAt: dawn}}}))
		if job.Totals.Created != 1 {
			t.Errorf("%+v: %v", identity, w.report(job))
		}
		for _, c := range w.contacts {
			if contact.CleanText(c.DisplayName()) != name || (c.Name == "") != (c.NamedBy == "") {
				t.Errorf("%+v is %+v", identity, c)
			}
		}
	}
}

// A column named id alone makes no export of ours: its rows need an e-mail, a phone or an identity, and foreign ids cost nothing.
func TestForeignIDsCostNothing(t *testing.T) {
	w := newWorld(t)
	job := w.importFile(UpdateKnown, "id,name,email,createdAt", "7,Mona,mona@example.com,", "7,Ali,ali@example.com,", "d9b2d63d-a233-4123-847a-7090d2c1a3a4,Lea,lea@example.com,", "8,Nina,,")
	if job.Totals != (Totals{Rows: 4, Processed: 4, Created: 3, Failed: 1}) || w.reasons(job)[0] != "5 failed missing_email_or_phone" {
		t.Errorf("%+v, %v", job.Totals, w.reasons(job))
	}
	if _, taken := w.contacts["demo/d9b2d63d-a233-4123-847a-7090d2c1a3a4"]; taken {
		t.Error("a contact was made with the file's id")
	}
}

func TestKeysThatARowTook(t *testing.T) {
	const id = "0e7a3c52-6a8e-4c39-9a51-0d6f2f6b1c11"
	one, two := `[{"channel":"sms","externalId":"1"}]`, `[{"channel":"sms","externalId":"2"},{"channel":"sms","accountId":"a","externalId":"1"}]`
	r := readerOf("id,name,identities,createdAt", "")
	for i, test := range []struct {
		cells []string
		want  Code
	}{
		{[]string{id, "Mona", one}, ""},
		{[]string{id, "the same id"}, DuplicateInFile},
		{[]string{"7", "no id of ours"}, ""},
		{[]string{"7", "no id of ours again"}, ""},
		{[]string{"", "the same identity", one}, DuplicateInFile},
		{[]string{"", "two others", two}, ""},
		{[]string{"", "one of the two", `[{"channel":"sms","externalId":"3"},{"channel":"sms","externalId":"2"}]`}, DuplicateInFile},
		{[]string{"", "the third is free", `[{"channel":"sms","externalId":"3"}]`}, ""},
	} {
		row := r.read(i+2, test.cells, nil)
		if codeOf(row) != test.want || test.want == DuplicateInFile && row.Verdict.Outcome != Skipped {
			t.Errorf("%s: %+v", test.cells[1], row.Verdict)
		}
	}
}
