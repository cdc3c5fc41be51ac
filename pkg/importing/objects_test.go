package importing

import (
	"strings"
	"testing"
)

func TestWhereFilesAreDropped(t *testing.T) {
	for _, c := range []struct{ workspace, file, key, says string }{
		{workspace: "demo", file: "people.csv", key: "demo/drop/people.csv"},
		{workspace: "a-B_3", file: "People.XLSX", key: "a-B_3/drop/People.XLSX"},
		{workspace: "demo", file: "people.json", key: "demo/drop/people.json"},
		{workspace: "demo", file: "some.pdf", says: ".csv, .xlsx, .json"},
		{workspace: "demo", file: "people", says: ".csv, .xlsx, .json"},
		{workspace: "demo", file: ".csv", says: ".csv, .xlsx, .json"},
		{workspace: "a b", file: "people.csv", says: "a letter or digit first"},
		{workspace: "-bad", file: "people.csv", says: "a letter or digit first"},
		{workspace: "", file: "people.csv", says: "1 to 63"},
		{workspace: strings.Repeat("x", 64), file: "people.csv", says: "1 to 63"},
	} {
		key, err := DropKey(c.workspace, c.file)
		if key != c.key || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %q, %v", c, key, err)
		}
	}
}
