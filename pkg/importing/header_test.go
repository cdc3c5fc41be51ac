package importing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
)

func TestHeadersAreRecognised(t *testing.T) {
	for header, want := range map[string]string{
		"name": "name", "NAME": "name", " Name ": "name", "Full_Name": "name", "Nom complet": "name", "الاسم الكامل": "name", "\ufeffname": "name", "\u202aName\u202c": "name",
		"First Name": "firstName", "Prénom": "firstName", "PRE\u0301NOM": "firstName", "الاسم الأول": "firstName", "الاسم الاول": "firstName", "Last-Name": "lastName", "اسم العائلة": "lastName",
		"E-mail": "email", "e_mail": "email", "E mail 2": "email", "Email (2)": "email", "E-mail 1 - Value": "email", "البريد الإلكتروني": "email", "Additional Emails": "email", "Email ٢": "email",
		"Phone": "phone", "Phone 1 - Value": "phone", "Téléphone": "phone", "Mobile Phone": "phone", "WhatsApp Number": "phone", "رقم الهاتف": "phone", "MOVİL": "phone",
		"Company": "company", "Organization 1 - Name": "company", "Organization 2 - Name": "", "Société": "company", "الشركة": "company", "المؤسسة": "company", "المؤسسه": "company",
		"Notes": "notes", "Labels": "labels", "Group Membership": "labels", "channel": "channel", "createdAt": "createdAt", "Created At": "createdAt", "OPTIN_TIME": "createdAt",
		"attr.plan": "attr.plan", "ATTR.Plan": "attr.Plan", "'attr.plan": "", " attr.a-b_c.D0 ": "attr.a-b_c.D0", "attr.": "", "attr.a b": "", "attr.é": "", "attr." + strings.Repeat("k", 64): "attr." + strings.Repeat("k", 64), "attr." + strings.Repeat("k", 65): "",
		"Fax": "", "Business Fax": "", "Home Fax 2": "", "Fax Phone": "", "Pager": "", "Assistant's Phone": "", "Assistant Phone": "", "Phone 1 - Type": "", "Phone 1 - Label": "", "E-mail Display Name": "", "TTY/TDD Phone": "",
		"id": "id", " id ": "id", "\ufeffid": "id", "ID": "", "Id": "", "User ID": "", "Record ID": "", "identities": "identities", "Identities": "",
		"notes 2": "notes", "Notes 17": "notes", "notes2": "notes", "note 2": "", "notes 0": "", "notes 12345": "", "notes 2 x": "",
		"conversationCount": "", "requestCount": "", "lastInteractionAt": "", "updatedAt": "", "version": "",
		"name 2": "", "company2": "", "": "", "   ": "", "plan": "", "_row": "", "_outcome": "", "_code": "", "_message": "",
	} {
		meaning, found := recognise(header)
		if !found {
			meaning.field = ""
		}
		if meaning.field != want {
			t.Errorf("%q is %q, want %q", header, meaning.field, want)
		}
	}
}

// A word with two meanings would mean now the one and now the other.
func TestEveryWordHasOneMeaning(t *testing.T) {
	meanings := map[string]known{}
	for meaning, list := range words {
		for word := range strings.FieldsSeq(list) {
			folded := fold.Header(word)
			if other, taken := meanings[folded]; taken && other.field != meaning.field {
				t.Errorf("%q is %v and %v", word, meaning, other)
			}
			if withoutDigits(folded) != folded || strings.Contains(folded, "fax") || strings.Contains(folded, "pager") || strings.Contains(folded, "assistant") {
				t.Errorf("%q is no word for %s", word, meaning.field)
			}
			meanings[folded] = meaning
		}
	}
}

func TestTheTemplateIsRecognisedWhole(t *testing.T) {
	w := newWorld(t)
	template, err := NewTemplate("csv")
	if err != nil {
		t.Fatal(err)
	}
	job := w.importFile(UpdateKnown, string(template.Body))
	want := map[string]string{"name": "name", "email": "email", "phone": "phone", "company": "company", "labels": "labels", "notes": "notes", "attr.plan": "attr.plan"}
	if diff := cmp.Diff(want, job.Mapping); diff != "" || job.Totals.Created != 1 {
		t.Error(diff, job.Totals)
	}
	made := w.named("Mona Adel")[0]
	if diff := cmp.Diff([]string{"VIP", "new"}, made.Labels); diff != "" || made.Attributes["plan"] != "gold" || made.Phone != "+201001234567" {
		t.Error(diff, made)
	}
}

func TestTheTemplateOfObjectsIsRecognisedWhole(t *testing.T) {
	w := newWorld(t)
	template, err := NewTemplate("json")
	if err != nil {
		t.Fatal(err)
	}
	job := w.importJSON(string(template.Body))
	want := map[string]string{"name": "name", "email": "email", "phone": "phone", "company": "company", "labels": "labels", "notes": "notes", "customAttributes": "customAttributes"}
	if diff := cmp.Diff(want, job.Mapping); diff != "" || job.Totals.Created != 1 {
		t.Error(diff, job.Totals)
	}
	made := w.named("Mona Adel")[0]
	if diff := cmp.Diff([]string{"VIP", "new"}, made.Labels); diff != "" || made.Attributes["plan"] != "gold" || made.Phone != "+201001234567" || made.Company != "Acme" {
		t.Error(diff, made)
	}
}

func TestColumnsOfOneFieldAreRanked(t *testing.T) {
	l := layoutOf([]string{"Fax", "Home Phone", "Phone 2", "Telephone", "Mobile Phone", "Work Email", "E-mail 2", "Email Address", "email", "WhatsApp"})
	if diff := cmp.Diff([]int{4, 9, 2, 3, 1}, l.phones); diff != "" {
		t.Error("phones:", diff)
	}
	if diff := cmp.Diff([]int{6, 8, 7, 5}, l.emails); diff != "" {
		t.Error("e-mails:", diff)
	}
	l = layoutOf([]string{"Display Name", "Full Name", "Name", "First Name", "Given Name", "attr.plan", "attr.plan", "attr.Plan", "Created On", "createdAt"})
	if diff := cmp.Diff(map[string]int{"name": 2, "firstName": 3, "createdAt": 9}, l.single); diff != "" {
		t.Error("single:", diff)
	}
	want := map[string]string{"Name": "name", "First Name": "firstName", "attr.plan": "attr.plan", "attr.Plan": "attr.Plan", "createdAt": "createdAt"}
	if diff := cmp.Diff(want, l.mapping); diff != "" {
		t.Error("mapping:", diff)
	}
}

func TestColumnsAreNamedOnce(t *testing.T) {
	long := strings.Repeat("é", 101)
	got := columnNames([]string{"Email", "", "Email ", "Email", "Email (2)", "Column 2", " ", "'=x", "'t", long, long, "email"})
	want := []string{
		"Email", "Column 2", "Email (2)", "Email (3)", "Email (2) (2)", "Column 2 (2)", "Column 7", "=x", "'t",
		strings.Repeat("é", 99) + "…", strings.Repeat("é", 99) + "… (2)", "email",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatColumnsLack(t *testing.T) {
	for header, want := range map[string]string{
		"name,email": "", "first name,phone": "", "surname,fax,mobile": "", "email,phone": "name", "name,fax": "e-mail", "plan,fax": "name", "name,identities": "", "name,id": "e-mail", "id,name,identities,createdAt": "", "id,identities,createdAt": "name", "attr.name,attr.email": "name",
	} {
		lacks := layoutOf(strings.Split(header, ",")).missing()
		if (lacks == "") != (want == "") || !strings.Contains(lacks, want) {
			t.Errorf("%s lacks %q, want something about %q", header, lacks, want)
		}
	}
}

func TestAHeaderThatIsSomebodysRow(t *testing.T) {
	for text, want := range map[string]bool{
		"mona@example.com": true, " mona@example.com ": true, "a@x.com ::: b@x.com": true, "+20 100 123 4567": true, "00201001234567": true, "'+966501234567": true, "\u202a+966501234567\u202c": true,
		"٠١٠٠١٢٣٤٥٦٧": true, "(02) 2345-6789": true, "0501234567 ::: 0501234568": true, "966501234567.0": true, "+33\u00a06\u00a012\u00a034\u00a056\u00a078": true, "2345\u20116789": true,
		"name": false, "Email": false, "2026-01-31": false, "2026-01-31 09:30:00": false, "2026": false, "phone 1": false, "": false, "@": false, "a@b": false, "123456": false, "1234567890123456": false, "line 1234567": false,
	} {
		if got := holdsData([]string{"x", text}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzHeader(f *testing.F) {
	for _, seed := range []string{
		"name,email,phone", "Email,Email,Email (2),,\ufeff", "attr.a,ATTR.a,attr.,'attr.b", "\xff,a@x.com,+201001234567", "e-mail 2,E-MAIL ٢, ," + strings.Repeat("é", 120), "İ,ı,ß,ﷺ",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		header := strings.Split(text, ",")
		holdsData(header)
		l := layoutOf(header)
		names := map[string]bool{}
		for _, name := range l.names {
			names[name] = true
		}
		if len(l.names) != len(header) || len(names) != len(header) || names[""] {
			t.Fatalf("%q are named %q", header, l.names)
		}
		for column, field := range l.mapping {
			if key, custom := strings.CutPrefix(field, attrPrefix); !names[column] || custom && contact.CheckAttributeKey(key) != nil {
				t.Fatalf("%q becomes %q", column, field)
			}
		}
		if mapped := len(l.emails) + len(l.phones) + len(l.single) + len(l.attrs) + len(l.more); mapped != len(l.mapping) {
			t.Fatalf("%d columns lead somewhere, and %v are said to", mapped, l.mapping)
		}
		if again := layoutOf(header); fmt.Sprint(again) != fmt.Sprint(l) {
			t.Fatalf("once %v, once %v", l, again)
		}
	})
}
