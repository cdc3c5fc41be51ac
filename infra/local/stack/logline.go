package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// platformLines are those that Lambda itself writes around every invocation.
var platformLines = []string{"START ", "END ", "REPORT ", "INIT_START", "EXTENSION", "TELEMETRY"}

// first are the attributes of a line that come first, without their names; a logger has one or the other spelling.
var first = []string{"time", "timestamp", "level", "msg", "message"}

// readable turns a JSON line of a function into time, level, message and attributes; other lines stay as they are, platform lines go.
func readable(line string) string {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, `{"_aws":`) { // a metric, which CloudWatch alone reads
		return ""
	}
	for _, platform := range platformLines {
		if strings.HasPrefix(line, platform) {
			return ""
		}
	}
	fields := map[string]any{}
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber() // ids and counts as they were written
	if decoder.Decode(&fields) != nil || fields["msg"] == nil && fields["message"] == nil {
		return line
	}
	var out []string
	for _, name := range first {
		if value, there := fields[name]; there {
			out = append(out, clock(fmt.Sprint(value)))
			delete(fields, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, name+"="+attribute(fields[name]))
	}
	return strings.Join(out, " ")
}

// clock shortens a time; other texts stay.
func clock(text string) string {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at.Local().Format("15:04:05.000")
	}
	return text
}

func attribute(value any) string {
	if text, ok := value.(string); ok && !strings.ContainsAny(text, " \t\n\"") {
		return text
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(encoded)
}
