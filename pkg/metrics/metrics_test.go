package metrics

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// document is a line as the specification describes it.
type document struct {
	AWS struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	} `json:"_aws"`
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []struct{ Name, Unit string }
}

// units are those that the specification allows and we use.
var units = []string{"Count", "Bytes", "Milliseconds"}

// checked reads a line by the rules of the specification and gives its metrics by name, with the dimensions beside
// Stack.
func checked(t *testing.T, line string) map[string][]string {
	t.Helper()
	var read document
	strict := json.NewDecoder(strings.NewReader(line))
	if err := strict.Decode(&read); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	var root map[string]any
	if err := json.Unmarshal([]byte(line), &root); err != nil {
		t.Fatal(err)
	}
	if read.AWS.Timestamp != noon.UnixMilli() || len(read.AWS.CloudWatchMetrics) != 1 {
		t.Errorf("the time or the directives are wrong: %s", line)
	}
	named := []string{"_aws"}
	found := map[string][]string{}
	for _, d := range read.AWS.CloudWatchMetrics {
		if d.Namespace != "Contacts" || len(d.Dimensions) != 1 || len(d.Dimensions[0]) > 30 || d.Dimensions[0][0] != "Stack" {
			t.Errorf("namespace or dimensions are wrong: %s", line)
		}
		for _, name := range d.Dimensions[0] {
			named = append(named, name)
			if text, ok := root[name].(string); !ok || text == "" || len(text) > 1024 {
				t.Errorf("dimension %s has no text at the root: %s", name, line)
			}
		}
		if len(d.Metrics) == 0 || len(d.Metrics) > 100 {
			t.Errorf("%d metrics: %s", len(d.Metrics), line)
		}
		for _, m := range d.Metrics {
			named = append(named, m.Name)
			if _, ok := root[m.Name].(float64); !ok || !slices.Contains(units, m.Unit) {
				t.Errorf("metric %s has no number at the root, or the unit %q: %s", m.Name, m.Unit, line)
			}
			found[m.Name] = d.Dimensions[0][1:]
		}
	}
	for name := range root {
		if !slices.Contains(named, name) {
			t.Errorf("%s is neither a dimension nor a metric: %s", name, line)
		}
	}
	return found
}

// writeAll writes every line that a recorder knows.
func writeAll(r *Recorder) {
	r.Request("GET /v1/contacts/{id}", 12345*time.Microsecond)
	r.Webhook("whatsapp", time.Second, 2, 1)
	r.Events(3, 1)
	r.PutBack(1)
	r.DeadLetters(Failed, 1)
	r.ReadFile(10)
	r.IgnoredObject()
	r.WroteChunk(Rows{1, 2, 3, 4}, time.Millisecond)
	r.FinishedExport("completed", 10, 1<<40)
	r.StartedBackups(0)
	r.Retried()
	r.Throttled()
	r.Flush()
}

func lines(out *bytes.Buffer) []string {
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestLinesFollowTheSpecification(t *testing.T) {
	var out bytes.Buffer
	writeAll(New("api", "contacts-api", &out, func() time.Time { return noon }))
	for _, line := range lines(&out) {
		checked(t, line)
	}
	want := `{"_aws":{"Timestamp":1769860800000,"CloudWatchMetrics":[{"Namespace":"Contacts","Dimensions":[["Stack","Route"]],` +
		`"Metrics":[{"Name":"ApiMilliseconds","Unit":"Milliseconds"}]}]},"Stack":"contacts","Route":"GET /v1/contacts/{id}","ApiMilliseconds":12.345}`
	if diff := cmp.Diff(want, lines(&out)[0]); diff != "" {
		t.Error(diff)
	}
}

func TestDimensionsAreNeverEmptyNorForeign(t *testing.T) {
	var out bytes.Buffer
	r := New("api", "", &out, func() time.Time { return noon })
	r.Request("", 0)
	r.Webhook("é\x00\"\\", 0, 0, 0)
	for _, line := range lines(&out) {
		checked(t, line)
	}
	if text := out.String(); !strings.Contains(text, `"Route":"none"`) || !strings.Contains(text, `"Channel":"?????"`) {
		t.Error(text)
	}
}

func TestRetriesAreToldOnceWithTheNextLine(t *testing.T) {
	var out bytes.Buffer
	r := New("export", "prod-export", &out, func() time.Time { return noon })
	r.Flush()
	if out.Len() > 0 {
		t.Errorf("nothing happened, and it says %s", out.String())
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(r.Retried)
	}
	all.Wait()
	r.Throttled()
	r.IgnoredObject()
	r.IgnoredObject()
	r.Flush()
	got := lines(&out)
	if len(got) != 3 || !strings.HasSuffix(got[1], `"Stack":"prod","Function":"export","Retries":10,"Throttles":1}`) {
		t.Error(got)
	}
}

func TestNoRecorderWritesNothing(*testing.T) { writeAll(nil) }

// The list in infra/README.md is what alarms and dashboards are built from.
func TestTheListOfMetricsIsWhole(t *testing.T) {
	readme, err := os.ReadFile("../../infra/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	writeAll(New("api", "contacts-api", &out, func() time.Time { return noon }))
	written := map[string]string{}
	for _, line := range lines(&out) {
		for name, dimensions := range checked(t, line) {
			written[name] = strings.Join(dimensions, "")
		}
	}
	listed := map[string]string{}
	_, section, _ := strings.Cut(string(readme), "\n## Metrics\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for row := range strings.SplitSeq(section, "\n") {
		if cells := strings.Split(row, "|"); len(cells) == 6 && strings.HasPrefix(row, "| `") {
			name := strings.Trim(cells[1], " `")
			dimension, _, _ := strings.Cut(strings.TrimSpace(cells[3]), " ")
			listed[name] = strings.Trim(dimension, "`")
		}
	}
	if diff := cmp.Diff(written, listed); diff != "" {
		t.Errorf("infra/README.md (+) lists other metrics than are written (-):\n%s", diff)
	}
}

func BenchmarkRequest(b *testing.B) {
	var out bytes.Buffer
	r := New("api", "contacts-api", &out, time.Now)
	for b.Loop() {
		out.Reset()
		r.Request("GET /v1/contacts/{id}", time.Millisecond)
	}
}
