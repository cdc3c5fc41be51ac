package importing

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
)

func TestKindsOfPhones(t *testing.T) {
	for kind, want := range map[string]int{
		"Mobile": rankOwn, "mobile": rankOwn, "Work Mobile": rankOwn, "iPhone": rankOwn, "Cell": rankOwn, "Celular": rankOwn, "Móvil": rankOwn, "Mobil": rankOwn, "WhatsApp": rankOwn, "جوال": rankOwn, "* Mobile": rankOwn,
		"": rankUsual, "Main": rankUsual, "Grandma's": rankUsual, "Google Voice": rankUsual,
		"Home": rankOther, "Work": rankOther, "* Work": rankOther, "Other": rankOther,
		"Work Fax": noPhone, "HomeFax": noPhone, "FAX": noPhone, "Télécopie / fax": noPhone, "فاكس": noPhone, "Pager": noPhone, "Work Pager": noPhone, "Assistant": noPhone, "Mobile fax": noPhone,
	} {
		if got := rankOfKind(kind); got != want {
			t.Errorf("%q has rank %d, want %d", kind, got, want)
		}
	}
}

func TestPhonesByTheirKinds(t *testing.T) {
	const header = "Name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Mobile"
	for cells, want := range map[string]string{
		"Mona,Work,+201001234561,Mobile,+201001234562,":                  "+201001234562",
		"Mona,Work,+201001234561,Home,+201001234562,":                    "+201001234561",
		"Mona,Work,+201001234561,,+201001234562,":                        "+201001234562",
		"Mona,Work,+201001234561,Mobile,12,":                             "+201001234561",
		"Mona,Work Fax,+201001234561,Mobile,12,":                         "invalid_phone",
		"Mona,Work Fax,no phone at all,Pager,12,":                        "missing_email_or_phone",
		"Mona,Work Fax,no phone at all,Home,+201001234562,":              "+201001234562",
		"Mona,Mobile,+201001234561,Mobile,+201001234562,+201001234563":   "+201001234563",
		"Mona,Home,+201001234561,Work,+201001234562,+201001234563":       "+201001234563",
		"Mona,Mobile,1 ::: +201001234561,,,":                             "+201001234561",
		"Mona,Work Fax ::: Mobile,+201001234561 ::: +201001234562,,,":    "missing_email_or_phone",
		"Mona,Mobile,+201001234561,Fax,+201001234562 ::: +201001234563,": "+201001234561",
	} {
		row := readerOf(header, "").read(2, strings.Split(cells, ","), nil)
		if got := row.Phone + string(codeOf(row)); got != want {
			t.Errorf("%s: %q, want %q", cells, got, want)
		}
	}
}

// What a cell of labels means depends on who wrote it: our own come back as they are, whatever they look like.
func TestLabelsByWhoWroteThem(t *testing.T) {
	for name, test := range map[string]struct {
		header, cell string
		want         []string
	}{
		"ours, like Google's":    {"name,email,Labels", "* myContacts;new", []string{"* myContacts", "new"}},
		"ours, like Mailchimp's": {"name,email,labels", `"VIP"`, []string{`"VIP"`}},
		"ours, as an array":      {"name,email,labels", `["a;b","\"VIP\""]`, []string{"a;b", `"VIP"`}},
		"Google's":               {"Name,E-mail 1 - Value,Labels", "* starred ::: Friends, family ::: * myContacts ::: VIP", []string{"Friends, family", "VIP"}},
		"Google's groups":        {"Name,E-mail 1 - Value,Group Membership", "* My Contacts", nil},
		"Google's imports":       {"Name,Phone 2 - Value,Group Membership", "Imported on 12/7/17 1 ::: 100%? #1", []string{"Imported on 12-7-17 1", "100-- -1"}},
		"Google's for Outlook":   {"First Name,E-mail Address,Categories", "myContacts;VIP;My Contacts", []string{"VIP"}},
		"Mailchimp's":            {"First Name,Email Address,TAGS", `"VIP","new, 2024", "say ""hi"""`, []string{"VIP", "new, 2024", `say "hi"`}},
		"Mailchimp's, torn":      {"First Name,Email Address,TAGS", `"VIP",new"`, []string{`"VIP"`, `new"`}},
		"Outlook's":              {"First Name,E-mail Address,Categories", "Key account; VIP", []string{"Key account", "VIP"}},
		"Zendesk's":              {"name,email,external_id,restriction,tags", " vip  key_account ", []string{"vip", "key_account"}},
		"somebody's":             {"name,email,Tags", "Key account, VIP", []string{"Key account", "VIP"}},
	} {
		t.Run(name, func(t *testing.T) {
			cells := make([]string, strings.Count(test.header, ",")+1)
			cells[0], cells[1], cells[len(cells)-1] = "Mona", "m@example.com", test.cell
			if strings.Contains(test.header, "Phone") {
				cells[1] = "+201001234567"
			}
			row := readerOf(test.header, "").read(2, cells, nil)
			if diff := cmp.Diff(test.want, row.Labels); diff != "" || row.Verdict != nil {
				t.Error(diff, row.Verdict)
			}
		})
	}
}

func TestNamesInParts(t *testing.T) {
	const header = "File As,First Name,Middle Name,Last Name,Full Name,email"
	for cells, want := range map[string]string{
		",Mona,Ahmed,Adel,":                "Mona Ahmed Adel",
		",Mona,,Adel,":                     "Mona Adel",
		",,Ahmed,,":                        "Ahmed",
		",Mona,Ahmed,Adel,Dr Mona":         "Dr Mona",
		"Adel Mona,,,,":                    "missing_name", // there is a column of whole names
		"Adel Mona,Mona,Ahmed,Adel,Dr M. ": "Dr M.",
	} {
		row := readerOf(header, "").read(2, append(strings.Split(cells, ","), "m@example.com"), nil)
		if got := row.Name + string(codeOf(row)); got != want {
			t.Errorf("%s: %q, want %q", cells, got, want)
		}
	}
	for cells, want := range map[string]string{"Adel Mona,,": "Adel Mona", "Adel Mona,Mona,Adel": "Mona Adel"} {
		if row := readerOf("File As,First Name,Last Name,email", "").read(2, append(strings.Split(cells, ","), "m@example.com"), nil); row.Name != want {
			t.Errorf("%s: %q, want %q", cells, row.Name, want)
		}
	}
}

// A header is the same whatever its case, and whatever stands between its letters.
func TestHeadersInAnySpelling(t *testing.T) {
	all := headers()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SampledFrom([]string{"fullname", "firstname", "lastname", "emailaddress", "phonenumber", "mobilephone", "companyname", "notes", "labels", "createdat", "prenom", "societe", "correoelectronico"}).Draw(t, "word")
		var header strings.Builder
		for i, r := range list {
			if i > 0 {
				header.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "_", "-", "  ", ".", "\u00a0"}).Draw(t, "between"))
			}
			if rapid.Bool().Draw(t, "upper") {
				r = unicode.ToUpper(r)
			}
			header.WriteRune(r)
			if strings.ContainsRune("aeouAEOU", r) {
				header.WriteString(rapid.SampledFrom([]string{"", "", "\u0301", "\u0308"}).Draw(t, "accent"))
			}
		}
		if got, found := recognise(" " + header.String() + "\t"); !found || got != all[list] {
			t.Fatalf("%q is %+v, want %+v", header.String(), got, all[list])
		}
	})
}

func TestFilesWithEveryDelimiter(t *testing.T) {
	for name, body := range map[string]string{
		"commas":                    "First Name,E-mail,Phone,Notes\nMona,mona@example.com,+201001234567,\"a; b\"\n",
		"semicolons":                "First Name;E-mail;Phone;Notes\r\nMona;mona@example.com;+201001234567;\"a; b\"\r\n",
		"tabs":                      "\ufeffFirst Name\tE-mail\tPhone\tNotes\rMona\tmona@example.com\t+201001234567\ta; b\r",
		"a sep= line":               "\ufeffsep=;\r\nFirst Name;E-mail;Phone;Notes\r\nMona;mona@example.com;+201001234567;\"a; b\"\r\n",
		"pipes said by a sep= line": "sep=|\nFirst Name|E-mail|Phone|Notes\nMona|mona@example.com|+201001234567|a; b",
	} {
		t.Run(name, func(t *testing.T) {
			want := []person{{Name: "Mona", Email: "mona@example.com", Phone: "+201001234567", Notes: []string{"a; b"}}}
			if diff := cmp.Diff(want, peopleOf(t, []byte(body))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A region given for one import counts before the workspace's, and for that import alone.
func TestRegionOfOneImport(t *testing.T) {
	w := newWorld(t)
	w.region = "EG"
	for region, want := range map[string]string{"SA": "+966501234567", "": "+20501234567"} {
		made, err := w.service.Start(invocation(), demo, "admin", Request{FileName: "a.csv", Size: 10, DefaultRegion: region}, nil)
		if err != nil {
			t.Fatal(err)
		}
		job := made.Job
		if _, err := w.arrived(w.put(job.Key, "name,phone\nRegion "+region+",050 123 4567\n", nil)); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if made := w.named(contact.CleanText("Region " + region)); len(made) != 1 || made[0].Phone != want {
			t.Errorf("region %q: %+v", region, made)
		}
	}
}
