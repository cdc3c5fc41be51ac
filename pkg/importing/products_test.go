package importing

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
)

// person is what is compared of a row: all that a product's file can say.
type person struct {
	Name, Email, Phone, Company string
	Labels, Notes               []string
	CreatedAt                   string
	Code                        Code
}

// products are the rows of each file of testdata. testdata/README.md names the sources of the headers.
var products = map[string][]person{
	"google.csv": {
		{
			Name: "Mona Ahmed Adel", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme",
			Labels: []string{"Friends, family", "VIP"}, Notes: []string{"Met at the fair,\nstand 14"},
		},
		{Name: "Ali", Phone: "+201001234569", Labels: []string{"Imported on 9-25"}}, // a kind not given before "Home"
		{Name: "Haddad, Lea", Email: "lea@example.com"},
		{Code: MissingName},
		{Code: MissingEmailOrPhone},
	},
	"google-before-2024.csv": {
		{
			Name: "Dr. Mona A. Adel", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme, Inc.",
			Labels: []string{"Suppliers"}, Notes: []string{"Prefers a call"},
		},
		{Name: "Ali H. Omar", Email: "ali@example.com"},
		{Name: "المكتب", Phone: "+201001234570", Labels: []string{"عملاء"}},
	},
	"outlook.csv": {
		{
			Name: "Mona Adel", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme",
			Labels: []string{"VIP", "Key account"}, Notes: []string{"Prefers a call\r\nin the morning"},
		},
		{Name: "Ali Hassan Omar", Email: "ali@example.com", Phone: "+20223456785"},
		{Code: MissingEmailOrPhone},
	},
	"outlook-com.csv": {
		{Name: "Mona Adel", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme", Notes: []string{"Prefers a call"}},
		{Name: "Ali", Email: "ali@example.com", Phone: "+20223456782"},
	},
	"hubspot.csv": {
		{Name: "Mona Adel", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme", CreatedAt: "2024-03-12T09:14:00.000Z"},
		{Name: "Ali", Email: "ali@example.com", Phone: "+201001234568"}, // its time is in words of a place
		{Code: MissingName},
	},
	"intercom.csv": {
		{
			Name: "Mona Adel", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme",
			Labels: []string{"VIP", "beta"}, CreatedAt: "2024-03-12T09:14:05.000Z",
		},
		{Name: "Ali Omar", Email: "ali@example.com"},
	},
	"zendesk.csv": {
		{
			Name: "Mona Adel", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme",
			Labels: []string{"vip", "key_account"}, Notes: []string{"Prefers a call\nin the morning"},
		},
		{Name: "Ali Omar", Email: "ali@example.com"},
	},
	"mailchimp.csv": {
		{
			Name: "Mona Adel", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme",
			Labels: []string{"VIP", "new, 2024"}, Notes: []string{"Met at the fair"}, CreatedAt: "2018-10-11T09:55:14.000Z",
		},
		{Name: "Ali", Email: "ali@example.com", Labels: []string{"VIP"}},
		{Code: MissingName},
	},
	"chatwoot.csv": {
		{Name: "Mona Adel", Email: "mona@example.com", Phone: "+201001234567"},
		{Name: "Ali Omar", Phone: "+201001234568"},
		{Code: MissingEmailOrPhone},
	},
	"chatwoot-columns.csv": {
		{Name: "Mona Adel", Email: "mona@example.com", Phone: "+201001234567", Company: "Acme", CreatedAt: "2024-03-12T09:14:05.000Z"},
	},
}

func TestExportsOfOtherProducts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.csv")
	if err != nil || len(files) != len(products) {
		t.Fatalf("%d files for %d products: %v", len(files), len(products), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := products[filepath.Base(file)]
			if diff := cmp.Diff(want, peopleOf(t, body)); diff != "" {
				t.Error(diff)
			}
			w := newWorld(t)
			w.region = "EG"
			job := w.importFile(UpdateKnown, string(body))
			if job.Status != Completed || job.Totals.Rows != len(want) || job.Totals.Created+job.Totals.Failed != len(want) || len(w.contacts) != job.Totals.Created {
				t.Errorf("%s with %+v, %v", job.Status, job.Totals, job.Error)
			}
			for column, field := range job.Mapping {
				if strings.HasPrefix(field, attrPrefix) {
					t.Errorf("%q becomes %s by itself", column, field)
				}
			}
		})
	}
}

// peopleOf reads a file as import-parse does.
func peopleOf(t *testing.T, body []byte) (people []person) {
	t.Helper()
	file := File{ReaderAt: bytes.NewReader(body), Size: int64(len(body))}
	if _, err := survey(csvFormat, file, 100, func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	err := newWorld(t).parser.chunks(t.Context(), Import{Format: "csv", DefaultRegion: "EG"}, file, func(chunk Chunk) error {
		for _, row := range chunk.Rows {
			if row.ID != "" {
				t.Errorf("row %d names contact %s", row.Number, row.ID)
			}
			one := person{Name: row.Name, Email: row.Email, Phone: row.Phone, Company: row.Company, Labels: row.Labels, Notes: row.Notes, Code: codeOf(row)}
			if row.CreatedAt != nil {
				one.CreatedAt = contact.FormatTime(*row.CreatedAt)
			}
			people = append(people, one)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return people
}
