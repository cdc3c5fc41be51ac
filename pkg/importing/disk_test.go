package importing

import (
	"os"
	"strings"
	"testing"
)

// Temporary files have no name while they are used, so that a function that is killed leaves none behind.
func TestTheCopyOfAFileHasNoName(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	w := newWorld(t)
	downloads := 0
	w.strike = func(call string) fault {
		if call != "Download" {
			return noFault
		}
		downloads++
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%d files are in the temporary folder, %v", len(left), err)
		}
		return dying
	}
	arrival := w.put(demo+"/drop/people.csv", oneRow, nil)
	for range 3 {
		if _, err := w.arrived(arrival); err == nil {
			t.Error("the function did not die")
		}
	}
	if downloads != 3 {
		t.Errorf("%d downloads", downloads)
	}
}

// A full disk is no fault of the file: it says what helps, and the import goes on when there is room.
func TestAFullDiskFailsNoImport(t *testing.T) {
	w := newWorld(t)
	w.strike = once("Download", 0, full)
	arrival := w.put(demo+"/drop/people.csv", oneRow, nil)
	if _, err := w.arrived(arrival); err == nil || !strings.Contains(err.Error(), "EphemeralStorage") {
		t.Errorf("%v", err)
	}
	if job := w.all()[0]; job.Status != Parsing {
		t.Errorf("the import is %s", job.Status)
	}
	w.event(arrival)
	w.settle()
	if job := w.all()[0]; job.Status != Completed || job.Totals.Created != 1 {
		t.Errorf("%s with %+v", job.Status, job.Totals)
	}
}
