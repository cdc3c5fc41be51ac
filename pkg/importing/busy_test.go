package importing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// busyHours lets four hours pass in which calls fail that a busy service refuses. Each minute every message is
// delivered, and the sweep looks.
func (w *world) busyHours(refuses func(call string) bool) {
	w.strike = func(call string) fault {
		if refuses(call) {
			return failing
		}
		return noFault
	}
	for range 4 * 60 {
		w.pass(time.Minute)
		w.resume()
		for range len(w.messages) {
			_ = w.deliver(0)
		}
		w.failed, w.hidden = append(w.failed, w.hidden...), nil
		_, _ = w.sweeper.Sweep(invocation())
	}
	w.strike = nil
}

// busy are services that refuse for hours: a table, all of them, or most calls by chance.
func busy() map[string]func(call string) bool {
	random := rand.New(rand.NewPCG(1, 2))
	return map[string]func(string) bool{
		"the contacts": func(call string) bool {
			return slices.Contains([]string{"Match", "Commit", "Touched", "RemoveImported"}, call)
		},
		"all":         func(string) bool { return true },
		"nine of ten": func(string) bool { return random.IntN(10) > 0 },
		"half":        func(string) bool { return random.IntN(2) > 0 },
		"the documents": func(call string) bool {
			return slices.Contains([]string{"Download", "Head", "GetWork", "PutWork"}, call)
		},
		"the queue": func(call string) bool { return call == "Send" },
	}
}

// However long a service is busy, no file is given up, no row fails, and the totals are those of a calm time.
func TestBusyHoursCostNoRow(t *testing.T) {
	for name, refuses := range busy() {
		for _, begun := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " begun ", begun), func(t *testing.T) {
				w := newWorld(t)
				arrival := w.put(demo+"/drop/people.csv", fileOf(250, 1), nil)
				if begun {
					w.event(arrival)
				} else {
					w.strike = func(call string) fault {
						if refuses(call) {
							return failing
						}
						return noFault
					}
					w.event(arrival)
				}
				w.busyHours(refuses)
				if name == "the contacts" && len(w.messages) > 3 {
					t.Errorf("%d messages wait of 3 chunks", len(w.messages))
				}
				w.settle()
				job := w.all()[0]
				w.checkEnd(job)
				if want := (Totals{Rows: 250, Processed: 250, Created: 250}); job.Status != Completed || job.Totals != want {
					t.Errorf("%s with %+v: %v", job.Status, job.Totals, w.reasons(job))
				}
			})
		}
	}
}

func TestBusyHoursCostNoUndo(t *testing.T) {
	for name, refuses := range busy() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			job := w.importFile(UpdateKnown, fileOf(120, 1))
			ref := Ref{demo, job.ID}
			if _, err := w.service.Undo(invocation(), ref); err != nil {
				t.Fatal(err)
			}
			w.startRuns()
			w.busyHours(refuses)
			w.settle()
			job = w.imports[ref]
			w.checkUndone(job)
			if job.Undo.Undone != 120 || len(w.contacts) != 0 {
				t.Errorf("%+v, %d contacts, %v", job.Undo, len(w.contacts), w.kept(job))
			}
		})
	}
}

// A mark that could not be taken back while the service was busy is none of a death, however often that happens.
func TestMarksOfABusyServiceArePardoned(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, fileOf(5, 1))
	w.messages[0].dead = true // written with care
	for range 5 * maxAlone {
		marked := false
		w.strike = func(call string) fault {
			if busy := marked; call == "MarkTrying" && !busy { // the mark is the last thing that succeeds
				marked = w.chunks[chunkName{ref, 0}].Trying == 0
				return noFault
			} else if busy {
				return failing
			}
			return noFault
		}
		if err := w.deliver(0); err == nil {
			t.Fatal("the chunk is written")
		}
	}
	w.strike = nil
	w.settle()
	if job := w.imports[ref]; job.Status != Completed || job.Totals.Created != 5 {
		t.Errorf("%s with %+v: %v", job.Status, job.Totals, w.reasons(job))
	}
}
