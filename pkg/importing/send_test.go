package importing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fileOf is a file of n rows, each of about size bytes.
func fileOf(n, size int) string {
	var file strings.Builder
	file.WriteString("name,email,x\n")
	for i := range n {
		fmt.Fprintf(&file, "Person %d,person%d@example.com,%s\n", i, i, strings.Repeat("x", size))
	}
	return file.String()
}

// waiting reads the messages that wait, by the numbers of their chunks.
func (w *world) waiting() (chunks []Chunk) {
	w.t.Helper()
	for _, m := range w.messages {
		var chunk Chunk
		if err := json.Unmarshal(m.body, &chunk); err != nil || len(m.body) > maxBody {
			w.t.Fatalf("a message of %d bytes: %v", len(m.body), err)
		}
		chunks = append(chunks, chunk)
	}
	slices.SortFunc(chunks, func(a, b Chunk) int { return a.Number - b.Number }) // several batches leave at once
	return chunks
}

func TestWhereChunksAreCut(t *testing.T) {
	for name, test := range map[string]struct {
		file   string
		rows   []int
		bodies int
	}{
		"one row":                     {fileOf(1, 1), []int{1}, 0},
		"100 rows":                    {fileOf(100, 1), []int{100}, 0},
		"101 rows":                    {fileOf(101, 1), []int{100, 1}, 0},
		"250 rows and blanks":         {strings.ReplaceAll(fileOf(250, 1), "\n", "\n,,\n"), []int{100, 100, 50}, 0},
		"rows of 30 KB":               {fileOf(5, 30<<10), []int{2, 2, 1}, 0},
		"rows of 100 KB":              {fileOf(3, 100<<10), []int{1, 1, 1}, 0},
		"rows that fit no message":    {fileOf(2, 300_000), []int{0, 0}, 2},
		"a giant between small ones":  {fileOf(2, 1) + "Big,big@example.com," + strings.Repeat("x", 250_000) + "\nLast,last@example.com,\n", []int{2, 0, 1}, 1},
		"text that grows in messages": {"name,email,x\n" + strings.Repeat("x,,"+strings.Repeat("\x01", 790)+"\n", 100), []int{0}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			done, err := w.arrived(w.put(demo+"/drop/people.csv", test.file, nil))
			if err != nil || done.Sent != len(test.rows) {
				t.Fatalf("%+v, %v", done, err)
			}
			var rows []int
			for i, chunk := range w.waiting() {
				rows = append(rows, len(chunk.Rows))
				if chunk.Number != i || chunk.Schema != chunkSchema || (len(chunk.Rows) == 0) == (chunk.BodyKey == "") {
					t.Errorf("chunk %d: number %d, schema %d, body %q", i, chunk.Number, chunk.Schema, chunk.BodyKey)
				}
			}
			if diff := cmp.Diff(test.rows, rows); diff != "" || len(w.work) != test.bodies {
				t.Errorf("%s%d bodies", diff, len(w.work))
			}
			w.settle()
			if job := w.all()[0]; job.Totals.Processed != done.Rows {
				t.Errorf("%+v of %d rows", job.Totals, done.Rows)
			}
		})
	}
}

// A parse that runs again cuts the same chunks, with the same duplicates in the file.
func TestAnotherParseSendsTheSame(t *testing.T) {
	w := newWorld(t)
	arrival := w.put(demo+"/drop/people.csv", fileOf(150, 1)+strings.TrimPrefix(fileOf(150, 1), "name,email,x\n"), nil)
	var sent [2][]string
	for i := range sent {
		if _, err := w.arrived(arrival); err != nil {
			t.Fatal(err)
		}
		for _, m := range w.messages {
			sent[i] = append(sent[i], string(m.body))
		}
		w.messages = nil
		w.pass(retry)
	}
	if diff := cmp.Diff(sent[0], sent[1]); diff != "" || len(sent[0]) != 3 {
		t.Error(diff)
	}
}

func TestLostMessagesAreSentAgainAndNoOthers(t *testing.T) {
	w := newWorld(t)
	if _, err := w.arrived(w.put(demo+"/drop/people.csv", fileOf(450, 1), nil)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.deliver(1); err != nil { // chunks 1 and 2
			t.Fatal(err)
		}
	}
	w.messages = nil
	w.sweep() // sees the progress
	if len(w.messages) != 0 {
		t.Errorf("%d messages although the import moves", len(w.messages))
	}
	w.sweep()
	var numbers []int
	for _, chunk := range w.waiting() {
		numbers = append(numbers, chunk.Number)
	}
	if diff := cmp.Diff([]int{0, 3, 4}, numbers); diff != "" {
		t.Error(diff)
	}
	w.settle()
	if job := w.all()[0]; job.Totals.Created != 450 || len(w.contacts) != 450 || job.Status != Completed {
		t.Errorf("%s: %+v", job.Status, job.Totals)
	}
}

// More messages than one call of the queue takes go out in several, some of which may fail.
func TestEveryBatchCounts(t *testing.T) {
	for nth := range 3 {
		for _, struck := range []fault{failing, losing, dying} {
			w := newWorld(t)
			w.strike = once("Send", nth, struck)
			arrival := w.put(demo+"/drop/people.csv", fileOf(2000, 1), nil)
			if _, err := w.arrived(arrival); (err != nil) != (nth < 2) {
				t.Errorf("batch %d: %v", nth, err)
			}
			w.settle()
			if job := w.all()[0]; job.Totals.Created != 2000 || len(w.contacts) != 2000 {
				t.Errorf("batch %d: %+v", nth, job.Totals)
			}
		}
	}
}

func TestACrashBetweenReadingAndSending(t *testing.T) {
	w := newWorld(t)
	w.strike = once("UpdateImport", 1, dyingThen) // the first notes the attempt, the second that the file was read
	if _, err := w.arrived(w.put(demo+"/drop/people.csv", oneRow, nil)); err == nil {
		t.Fatal("nothing happened")
	}
	if job := w.all()[0]; job.Status != Processing || job.Totals.Rows != 1 || len(w.messages) != 0 {
		t.Fatalf("%+v", job)
	}
	w.sweep()
	if len(w.messages) != 1 {
		t.Fatalf("%d messages", len(w.messages))
	}
	w.settle()
	if job := w.all()[0]; job.Status != Completed || job.Totals.Created != 1 {
		t.Errorf("%+v", job)
	}
}
