package e2e

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// A JSON file may be dropped as an array, as an object of contacts, or with one object a line.
func TestImportOfADroppedJSONFile(t *testing.T) {
	one := `{"name":"Mona Adel","email":"mona@example.com","phone":1001234567,"labels":["VIP","a;b"],"customAttributes":{"seats":12.5,"trial":true,"code":"0012"}}`
	two := `{"name":"Omar Said","email":"omar@example.com","notes":["First","Second"]}`
	for name, c := range map[string]struct {
		file   string
		report [][2]string
	}{
		"array":    {"[" + one + ",7," + two + "]", [][2]string{{"3", "malformed_row"}}},
		"contacts": {`{"contacts":[` + one + `,` + two + `,{"name":"Nobody"}]}`, [][2]string{{"4", "missing_email_or_phone"}}},
		"lines":    {one + "\n{\"name\":\"Torn\"\n" + two + "\n", [][2]string{{"3", "malformed_row"}}},
	} {
		t.Run(name, func(t *testing.T) {
			workspace := fresh(t)
			admin := as(t, workspace, "admin")
			drop(t, workspace, "People.JSON", []byte(c.file), map[string]string{"default-region": "EG"})
			job := dropped(admin)
			if job["status"] != "completed" || job["format"] != "json" {
				t.Errorf("the import is %v", job)
			}
			counts(t, job, map[string]int{"rows": 3, "processed": 3, "created": 2, "failed": 1})
			checkReport(admin, job["id"].(string), c.report)
			eventually(t, "both are listed", func() bool { return len(admin.walk("/v1/contacts")) == 2 })
			all := admin.walk("/v1/contacts?sort=name")
			slices.SortFunc(all, func(a, b map[string]any) int { return cmp.Compare(fmt.Sprint(a["name"]), fmt.Sprint(b["name"])) })
			mona := all[0]
			if mona["phone"] != "+201001234567" || fmt.Sprint(mona["labels"]) != "[VIP a;b]" || fmt.Sprint(mona["customAttributes"]) != "map[code:0012 seats:12.5 trial:true]" {
				t.Errorf("imported as %v", mona)
			}
			if notes := admin.call(http.MethodGet, "/v1/contacts/"+all[1]["id"].(string)+"/notes", nil).is(http.StatusOK).items(); len(notes) != 2 {
				t.Errorf("notes %v", notes)
			}
		})
	}
}
