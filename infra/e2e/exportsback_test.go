package e2e

import (
	"encoding/json"
	"slices"
	"testing"
)

// A workspace without contacts has exports too: a file with nobody in it.
func TestExportsOfAnEmptyWorkspace(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	for format, empty := range map[string]func(t *testing.T, file []byte) bool{
		"csv":  func(t *testing.T, file []byte) bool { return len(table(t, file)) == 1 },
		"json": func(t *testing.T, file []byte) bool { all := objects(t, file); return all != nil && len(all) == 0 },
		"xlsx": func(t *testing.T, file []byte) bool { return cells(t, file) != "" },
	} {
		job := exported(admin, map[string]any{"format": format})
		if file := download(admin, job).body; job["rows"] != 0.0 || job["bytes"] != float64(len(file)) || !empty(t, file) {
			t.Errorf("%v with %q", job, file)
		}
	}
}

// whole is everything of a workspace's contacts that an import brings back, sorted; ids are new in another workspace.
func whole(c caller) []string {
	c.t.Helper()
	var all []string
	for _, object := range objects(c.t, download(c, exported(c, map[string]any{"format": "json"})).body) {
		delete(object, "id")
		text, err := json.Marshal(object) // with sorted keys
		if err != nil {
			c.t.Fatal(err)
		}
		all = append(all, string(text))
	}
	slices.Sort(all)
	return all
}

// What is exported comes back in an empty workspace, every character included.
func TestExportsComeBack(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	crowd(admin)
	want := whole(admin)
	for _, format := range []string{"csv", "json"} {
		t.Run(format, func(t *testing.T) {
			file := download(admin, exported(admin, map[string]any{"format": format})).body
			other := as(t, fresh(t), "admin")
			job := finished(other, upload(other, file, map[string]any{"fileName": "contacts." + format}))
			if job["status"] != "completed" {
				t.Errorf("the import is %v", job)
			}
			counts(t, job, map[string]int{"rows": 4, "processed": 4, "created": 4})
			if got := whole(other); !slices.Equal(got, want) {
				t.Errorf("came back as\n%s\nwant\n%s", got, want)
			}
			// Once more into the same workspace changes nothing: the contacts are known by their ids.
			job = finished(admin, upload(admin, file, map[string]any{"fileName": "contacts." + format}))
			counts(t, job, map[string]int{"rows": 4, "processed": 4, "updated": 4})
			if got := whole(admin); !slices.Equal(got, want) {
				t.Errorf("the same workspace became\n%s\nwant\n%s", got, want)
			}
		})
	}
}
