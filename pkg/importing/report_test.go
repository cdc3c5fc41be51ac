package importing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
)

func TestTheReportToTheByte(t *testing.T) {
	w := newWorld(t)
	w.know(contact.Contact{ID: "ali", Name: "Ali", Email: "ali@example.com"})
	job := w.importFile(SkipKnown, `name,Email,email,,'=sum`,
		`Mona,mona@example.com,,x,y`,
		`'=1+1,mona@,,"a ""quoted"", cell","two`+"\r\n"+`lines "`,
		``,
		`Ali,ALI@example.com`,
		`'t Hooft,mona@example.com,,'+966501234567,+966501234567`,
		`-x,,,@y,-1`,
		`torn,"never closed`,
	)
	want := "\ufeffname,Email,email,Column 4,'=sum,_row,_outcome,_code,_message\r\n" +
		`'=1+1,mona@,,"a ""quoted"", cell","two` + "\r\n" + `lines ",3,failed,invalid_email,"Column ""Email"": An e-mail has a name, an @ and a domain, as in mona@example.com."` + "\r\n" +
		`Ali,ALI@example.com,,,,5,skipped,duplicate_contact,"Contact ali has this e-mail already, and known contacts were to be skipped."` + "\r\n" +
		`''t Hooft,mona@example.com,,+966501234567,+966501234567,6,skipped,duplicate_in_file,"The e-mail stood in an earlier row of this file, which was used. Merge the two rows."` + "\r\n" +
		`'-x,,,'@y,-1,7,failed,missing_email_or_phone,The row has neither an e-mail nor a phone. Fill in one of them and import the row again.` + "\r\n" +
		`torn,"""never closed",,,,8,failed,malformed_row,"A quoted cell of this row is not closed properly. End it with a quotation mark, and write quotation marks inside it twice ("""")."` + "\r\n"
	if diff := cmp.Diff(want, string(w.work[ReportKey(Ref{demo, job.ID})])); diff != "" {
		t.Error(diff)
	}
	if job.Totals != (Totals{Rows: 6, Processed: 6, Created: 1, Skipped: 2, Failed: 3}) {
		t.Errorf("%+v", job.Totals)
	}
}

// A corrected report is a file to import: its own columns are no fields, and the cells say what they said.
func TestAReportIsImportedAgain(t *testing.T) {
	w := newWorld(t)
	job := w.importFile(UpdateKnown, "name,email,notes,attr.x", `'=Mona,mona@,"'+a,`+"\n"+`b",'5`)
	file := strings.ReplaceAll(string(w.work[ReportKey(Ref{demo, job.ID})]), "mona@", "mona@example.com")
	again := w.importFile(UpdateKnown, file)
	if again.Totals != (Totals{Rows: 1, Processed: 1, Created: 1}) || len(again.Mapping) != 4 {
		t.Fatalf("%+v, %v, %v", again.Totals, again.Mapping, w.reasons(again))
	}
	made := w.named("=Mona")
	if len(made) != 1 || made[0].Attributes["x"] != 5.0 {
		t.Fatalf("%+v", w.contacts)
	}
	for _, note := range w.notes["demo/"+made[0].ID] {
		if note.Text != "+a,\nb" {
			t.Errorf("%q", note.Text)
		}
	}
}

// The parts of a report are fetched side by side, and stand in the order of the rows.
func TestALongReportIsInOrder(t *testing.T) {
	w := newWorld(t)
	job := w.importFile(UpdateKnown, "name,email", strings.Repeat("x,\n", 1999)+"x,")
	records := w.report(job)
	if len(records) != 2001 {
		t.Fatalf("%d records", len(records))
	}
	for i, record := range records[1:] {
		if record[2] != fmt.Sprint(i+2) {
			t.Fatalf("record %d is of row %s", i, record[2])
		}
	}
}

// Whatever fails while the report is put together, the import ends with the whole report or goes on being finished.
func TestAReportThatFailsMidway(t *testing.T) {
	for _, call := range []string{"GetWork", "ListWork", "WriteWork"} {
		for _, nth := range []int{0, 5, 18} {
			for _, struck := range []fault{failing, dying} {
				w := newWorld(t)
				w.strike = once(call, nth, struck)
				job := w.importFile(UpdateKnown, "name,email", strings.Repeat("x,\n", 1999)+"x,")
				if got := len(w.report(job)); got != 2001 || job.Status != Completed {
					t.Errorf("call %d of %s: %d records", nth, call, got)
				}
			}
		}
	}
}
