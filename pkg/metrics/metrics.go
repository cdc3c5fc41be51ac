// Package metrics writes the functions' figures as lines of CloudWatch's embedded metric format, beside their log
// lines: CloudWatch makes metrics of them, and nothing waits for a call. Only what is counted and a few fixed words
// ever stand in them: no id, no workspace, nothing of a person. infra/README.md, "Metrics", lists them all.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package metrics

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Namespace is that of every metric. The dimension Stack tells stacks of one account apart.
const Namespace = "Contacts"

// Recorder writes the metrics of one function. The nil Recorder writes nothing.
type Recorder struct {
	stack, function string
	now             func() time.Time

	retries, throttles atomic.Int64 // since the last line

	mu   sync.Mutex
	out  io.Writer
	line []byte
}

// New makes the recorder of a function by its folder and its full name, <stack>-<folder>.
func New(function, fullName string, out io.Writer, now func() time.Time) *Recorder {
	stack := strings.TrimSuffix(fullName, "-"+function)
	if stack == "" {
		stack = none
	}
	return &Recorder{stack: stack, function: function, now: now, out: out}
}

// Retried counts a call to AWS that is repeated. It is told with the next line.
func (r *Recorder) Retried() {
	if r != nil {
		r.retries.Add(1)
	}
}

// Throttled counts an attempt that AWS throttled. It is told with the next line.
func (r *Recorder) Throttled() {
	if r != nil {
		r.throttles.Add(1)
	}
}

// value is what a metric has in one line.
type value struct {
	name, unit string
	number     float64
}

// Units, as CloudWatch spells them.
const (
	count        = "Count"
	size         = "Bytes"
	milliseconds = "Milliseconds"
)

// none stands where a dimension has no value: CloudWatch refuses empty ones.
const none = "none"

// write writes the values, by stack and, where there is one, by the dimension too; then what the AWS clients met
// meanwhile.
func (r *Recorder) write(dimension, is string, values ...value) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(values) > 0 {
		r.append(dimension, is, values)
	}
	if retries, throttles := r.retries.Swap(0), r.throttles.Swap(0); retries+throttles > 0 {
		r.append("Function", r.function, []value{{"Retries", count, float64(retries)}, {"Throttles", count, float64(throttles)}})
	}
	_, _ = r.out.Write(r.line) // as with log lines, nobody is left to hear that it failed
	r.line = r.line[:0]
}

// append adds one line.
func (r *Recorder) append(dimension, is string, values []value) {
	if is == "" {
		is = none
	}
	line := r.line
	line = append(line, `{"_aws":{"Timestamp":`...)
	line = strconv.AppendInt(line, r.now().UnixMilli(), 10)
	line = append(line, `,"CloudWatchMetrics":[{"Namespace":"`+Namespace+`","Dimensions":[["Stack"`...)
	if dimension != "" {
		line = appendText(append(line, ','), dimension)
	}
	line = append(line, `]],"Metrics":[`...)
	for i, v := range values {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendText(append(line, `{"Name":`...), v.name)
		line = append(appendText(append(line, `,"Unit":`...), v.unit), '}')
	}
	line = appendText(append(line, `]}]},"Stack":`...), r.stack)
	if dimension != "" {
		line = append(appendText(append(line, ','), dimension), ':')
		line = appendText(line, is)
	}
	for _, v := range values {
		line = append(appendText(append(line, ','), v.name), ':')
		line = strconv.AppendFloat(line, v.number, 'f', -1, 64)
	}
	line = append(line, '}', '\n')
	r.line = line
}

// appendText adds a JSON string of printable ASCII, which is all that CloudWatch takes for the value of a dimension.
func appendText(line []byte, text string) []byte {
	line = append(line, '"')
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			c = '?'
		}
		line = append(line, c)
	}
	return append(line, '"')
}
