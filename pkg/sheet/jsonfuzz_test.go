package sheet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// values are JSON values of all kinds.
func values() *rapid.Generator[any] {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`["\\{}\[\],: \n]{0,6}`))
	scalar := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }), rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just[any](nil),
	)
	lists := rapid.Map(rapid.SliceOfN(scalar, 0, 3), func(l []any) any { return l })
	objects := rapid.Map(rapid.MapOfN(text, scalar, 0, 3), func(m map[string]any) any { return m })
	return rapid.OneOf(scalar, scalar, lists, objects)
}

// cellOf is the cell that a value has to give.
func cellOf(value any) (string, cell.Kind) {
	raw, _ := json.Marshal(value)
	switch v := value.(type) {
	case nil:
		return "", cell.Absent
	case string:
		return v, cell.String
	case float64:
		return string(raw), cell.Number
	case bool:
		return string(raw), cell.Boolean
	case []any:
		return string(raw), cell.List
	}
	return string(raw), cell.Object
}

// However objects are written and kept together, they come back as they were.
func TestObjectsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		objects := rapid.SliceOfN(rapid.MapOfN(rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.String()), values(), 0, 5), 1, 6).Draw(t, "objects")
		var text bytes.Buffer
		shape := rapid.SampledFrom([]string{"list", "wrapper", "lines"}).Draw(t, "shape")
		switch encoder := json.NewEncoder(&text); shape {
		case "lines":
			text.WriteString(rapid.SampledFrom([]string{"", cell.BOM, "\n"}).Draw(t, "before"))
			for _, object := range objects {
				_ = encoder.Encode(object)
			}
			if text.Bytes()[0] == '{' && len(objects) == 1 && objects[0]["contacts"] != nil {
				return // is a wrapper
			}
		default:
			if rapid.Bool().Draw(t, "indent") {
				encoder.SetIndent("\r", "\t")
			}
			whole := any(objects)
			if shape == "wrapper" {
				whole = map[string]any{"a": objects[0], "contacts": objects, "d": 5}
			}
			_ = encoder.Encode(whole)
		}
		j, err := newJSON(bytes.NewReader(text.Bytes()), rapid.SampledFrom([]int{3, 4, 7, 64, 64 << 10}).Draw(t, "window"))
		if err != nil || !j.Next() {
			t.Fatal(text.String(), err)
		}
		header := slices.Clone(j.Cells())
		keys := map[string]bool{}
		for i, object := range objects {
			if !j.Next() || j.Fault() != nil || j.Number() != i+2 {
				t.Fatalf("%s: element %d, %v, %v", text.String(), j.Number(), j.Fault(), j.Err())
			}
			for column, key := range header {
				want, kind := cellOf(object[key])
				if got := j.Cells()[column]; got != want || j.Kinds()[column] != kind {
					t.Fatalf("%s: %q is %s %q, want %s %q", text.String(), key, j.Kinds()[column], got, kind, want)
				}
			}
			for key := range object {
				keys[key] = true
			}
		}
		if j.Next() || len(keys) != len(header) {
			t.Fatalf("%s: keys %q, header %q, then %q", text.String(), slices.Sorted(maps.Keys(keys)), header, j.Cells())
		}
	})
}

// FuzzJSON checks that no file stops the reader, that it reads the same through any window, and that of lists and
// wrappers it takes what encoding/json takes.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`[{"name":"Mona","email":"mona@example.com","labels":["VIP","new"]},{"phone":201001234567,"name":null}]`, "{\"a\":1}\n\n{\"a\":\"\\ud83d\\ude00\"}\r\n[1]\n{\"a\":", "\ufeff{\"x\":[1],\"contacts\":[ {\"a\" : 1.5e-3}, 5 ],\"y\":{}}",
		`{"a":"\ud800","\u0061":true}`, "[{'a':1}]", "[{\"a\":007}]", "[[[[[[]]]]]]", "{\"a\":1}{\"b\":2}", "{\"a\":\"1\n{\"a\":2}\n", "{\n\"a\":{\"b\":[null,false]}\n}\n", `[{"":"","a":"\"\\\/\b"},]`, "{\"contacts\":null}", "[1] x", "nul", "-",
		strings.Repeat("[", 70), strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if CheckJSON(strings.NewReader(text)) != nil {
			return
		}
		records, err := recordsOf(text, 64<<10)
		if err != nil && problem.CodeOf(err) != corruptJSON {
			t.Fatal(err)
		}
		for _, size := range []int{3, 50} {
			again, other := recordsOf(text, size)
			if diff := cmp.Diff(records, again); diff != "" || fmt.Sprint(err) != fmt.Sprint(other) {
				t.Fatalf("through %d bytes: %s, %v and %v", size, diff, err, other)
			}
		}
		trimmed := strings.TrimLeft(strings.TrimPrefix(text, cell.BOM), " \t\r\n")
		if want, valid := expected(trimmed); valid && !strings.Contains(text, `\u`) && (err != nil || len(records) != want) {
			t.Fatalf("%d records, %v, want %d", len(records), err, want)
		} else if strings.HasPrefix(trimmed, "[") && !json.Valid([]byte(trimmed)) && err == nil {
			t.Fatalf("encoding/json refuses it; read as %q", records)
		}
	})
}

// recordsOf are the records as strings; with those that were split it demands the same of encoding/json.
func recordsOf(text string, window int) (records []string, err error) {
	j, err := newJSON(strings.NewReader(text), window)
	if err != nil {
		return nil, err
	}
	for j.Next() {
		if j.Number() != len(records)+1 || j.Fault() == nil && len(j.Cells()) != len(j.Kinds()) {
			return nil, fmt.Errorf("record %d after %d with %d cells", j.Number(), len(records), len(j.Cells()))
		}
		if j.Number() > 1 && j.Fault() == nil {
			if err := sameAsDecoded(j); err != nil {
				return nil, err
			}
		}
		records = append(records, fmt.Sprintf("%d %v %q %v", j.Number(), j.Fault(), j.Cells(), j.Kinds()))
	}
	return records, j.Err()
}

func sameAsDecoded(j *JSON) error {
	decoder := json.NewDecoder(bytes.NewReader(j.walk.raw))
	decoder.UseNumber()
	var want map[string]any
	if err := decoder.Decode(&want); err != nil {
		return err
	}
	for i, key := range j.columns.keys {
		text, kind := j.Cells()[i], j.Kinds()[i]
		var got any
		switch kind {
		case cell.String:
			got = text
		case cell.Absent:
		default:
			again := json.NewDecoder(strings.NewReader(text))
			again.UseNumber()
			if err := again.Decode(&got); err != nil {
				return err
			}
		}
		if diff := cmp.Diff(want[key], got); diff != "" {
			return errors.New(diff)
		}
	}
	return nil
}

// expected is how many records a file has of which encoding/json reads the whole; false of others.
func expected(text string) (int, bool) {
	var list []json.RawMessage
	if depthOf(text) > maxDepth {
		return 0, false
	}
	if json.Unmarshal([]byte(text), &list) != nil {
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &object) != nil {
			return 0, false
		}
		if contacts, found := object["contacts"]; !found {
			list = []json.RawMessage{nil}
		} else if json.Unmarshal(contacts, &list) != nil || contacts[0] == 'n' {
			return 0, false
		}
	} else if text[0] != '[' {
		return 0, false // null
	}
	if len(list) == 0 {
		return 0, true
	}
	return len(list) + 1, true
}

func depthOf(text string) (depth int) { return strings.Count(text, "[") + strings.Count(text, "{") }

// endless is a file that is made while it is read, without an allocation: a list of so many objects of 100 bytes.
type endless struct{ objects int64 }

const endlessObject = `{"name":"Person ########","email":"person########@example.com","phone":"+2010########"}            ,`

func (e endless) ReadAt(p []byte, at int64) (int, error) {
	for n := range p {
		i, in := (at+int64(n)-1)/100, (at+int64(n)-1)%100
		switch {
		case at+int64(n) == 0:
			p[n] = '['
		case i == e.objects && in == 0:
			p[n] = ']'
		case i >= e.objects:
			return n, io.EOF
		case endlessObject[in] == '#':
			p[n] = byte('0' + i>>(uint(in)%8*3)&7)
		case in == 99 && i+1 == e.objects:
			p[n] = ' '
		default:
			p[n] = endlessObject[in]
		}
	}
	return len(p), nil
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 100 MB")
	}
	const objects = 1_000_000
	var before, after runtime.MemStats
	j, err := NewJSON(endless{objects})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	for j.Next() {
	}
	runtime.ReadMemStats(&after)
	if j.Err() != nil || j.Number() != objects+1 {
		t.Fatalf("%d records, %v", j.Number(), j.Err())
	}
	if kept := cap(j.walk.buffer) + cap(j.record.text); kept > 1<<20 {
		t.Errorf("%d bytes kept", kept)
	}
	if per := float64(after.Mallocs-before.Mallocs) / objects; per > 1.1 {
		t.Errorf("%.2f allocations a record, want the text of its cells alone", per)
	}
}

const benchObjects = 100_000

func benchJSON() string {
	var text strings.Builder
	for i := range benchObjects {
		fmt.Fprintf(&text, `,{"name":"Person%d Tester","email":"person%d@example.com","phone":"+2010%08d","company":"Acme","labels":["VIP","new"],"customAttributes":{"plan":"gold","seats":%d}}`, i, i, i, i)
		text.WriteString("\n")
	}
	return "[" + text.String()[1:] + "]"
}

// BenchmarkJSON is a whole import's reading: the check and the survey, and the rows again.
func BenchmarkJSON(b *testing.B) {
	text := benchJSON()
	open := func() *JSON {
		j, err := NewJSON(strings.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		return j
	}
	b.Run("check", func(b *testing.B) {
		for b.SetBytes(int64(len(text))); b.Loop(); {
			_ = CheckJSON(strings.NewReader(text))
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.SetBytes(int64(len(text))); b.Loop(); {
			open()
		}
	})
	b.Run("import", func(b *testing.B) {
		for b.SetBytes(int64(len(text))); b.Loop(); {
			_ = CheckJSON(strings.NewReader(text))
			for range 2 {
				for j := open(); j.Next(); {
				}
			}
		}
	})
}

func BenchmarkEncodingJSON(b *testing.B) {
	text := benchJSON()
	for b.SetBytes(int64(len(text))); b.Loop(); {
		decoder := json.NewDecoder(strings.NewReader(text))
		_, _ = decoder.Token()
		for decoder.More() {
			var object map[string]any
			if err := decoder.Decode(&object); err != nil {
				b.Fatal(err)
			}
		}
	}
}
