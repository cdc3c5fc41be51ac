package exporting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/occ/contacts/pkg/problem"
)

const (
	// maxExpression is the longest expression, in characters.
	// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
	maxExpression  = 256
	maxRate        = 999_999
	someExpression = "Give rate(), as rate(1 day), or cron() of minutes, hours, day-of-month, month, day-of-week and year, as cron(0 2 * * ? *), in UTC."
)

// NormalizeExpression returns when a schedule runs with single spaces: a rate() or cron() expression of EventBridge Scheduler. It is
// checked here because only AWS does it, and late. ValidationFailed, at body.schedule, for any other. Rules:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html and, stricter on units,
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
func NormalizeExpression(text string) (string, error) {
	kind, inner, called := strings.Cut(strings.TrimSpace(text), "(")
	inner, closed := strings.CutSuffix(inner, ")")
	words := strings.Fields(inner)
	var sentence string
	switch {
	case len(text) > maxExpression:
		sentence = fmt.Sprintf("An expression has at most %d characters; shorten it.", maxExpression)
	case kind == "at" && called:
		sentence = "A schedule runs again and again, which at() does not. " + someExpression
	case !called || !closed || kind != "rate" && kind != "cron":
		sentence = someExpression
	case kind == "rate":
		sentence = wrongRate(words)
	default:
		sentence = wrongCron(words)
	}
	if sentence != "" {
		return "", problem.Invalid("body.schedule", text, "%s", sentence)
	}
	return kind + "(" + strings.Join(words, " ") + ")", nil
}

// wrongRate says what is wrong with the words of rate(); empty when nothing is.
func wrongRate(words []string) string {
	if len(words) != 2 {
		return "rate() takes a number and a unit, as rate(12 hours)."
	}
	n, isNumber := numeral(words[0])
	unit, plural := strings.CutSuffix(words[1], "s")
	switch {
	case !isNumber || n < 1 || n > maxRate || words[0][0] == '0':
		return fmt.Sprintf("The number of rate() cannot be %q: give a whole number from 1 to %d.", words[0], maxRate)
	case !slices.Contains([]string{"minute", "hour", "day"}, unit):
		return fmt.Sprintf("The unit of rate() cannot be %q: give minutes, hours or days.", words[1])
	case plural != (n > 1):
		return fmt.Sprintf("The unit of rate() is singular with 1 and plural otherwise: 1 %s, 2 %ss.", unit, unit)
	}
	return ""
}

// cronField is one field of cron().
type cronField struct {
	name      string
	low, high int
	names     []string // of its values, from low on
	wildcards string   // besides , - *
}

// anyDay stands in one of the two fields of days: the other says which.
const anyDay = "?"

const dayOfMonth, dayOfWeek = 2, 4

var cronFields = []cronField{
	{"minutes", 0, 59, nil, "/"},
	{"hours", 0, 23, nil, "/"},
	{"day-of-month", 1, 31, nil, "?/LW"},
	{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}, "/"},
	{"day-of-week", 1, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}, "?L#"},
	{"year", 1970, 2199, nil, "/"},
}

// wrongCron says what is wrong with the fields of cron(); empty when nothing is.
func wrongCron(words []string) string {
	if len(words) != len(cronFields) {
		return fmt.Sprintf("cron() takes six fields (minutes, hours, day-of-month, month, day-of-week, year), not %d: as cron(0 2 * * ? *).", len(words))
	}
	for i, field := range cronFields {
		if sentence := field.wrong(words[i]); sentence != "" {
			return sentence
		}
	}
	if (words[dayOfMonth] == anyDay) == (words[dayOfWeek] == anyDay) {
		return "Say the days in day-of-month or in day-of-week, and write ? in the other."
	}
	return ""
}

// takes says that a wildcard may stand in the field.
func (f cronField) takes(wildcard string) bool { return strings.Contains(f.wildcards, wildcard) }

// wrong says what is wrong with the text of a field; empty when nothing is.
func (f cronField) wrong(text string) string {
	if text == "*" || text == anyDay && f.takes(anyDay) || f.oneDay(text) {
		return ""
	}
	for element := range strings.SplitSeq(text, ",") {
		if sentence := f.wrongElement(element); sentence != "" {
			return sentence
		}
	}
	return ""
}

// oneDay says that a text is a day that the calendar decides on: L, LW and 15W of a month, L, 6L and 6#3 of weeks.
func (f cronField) oneDay(text string) bool {
	if text == "L" {
		return f.takes("L")
	}
	if day, is := strings.CutSuffix(text, "W"); is && f.takes("W") {
		return day == "L" || f.has(day)
	}
	if !f.takes("#") {
		return false
	}
	if day, is := strings.CutSuffix(text, "L"); is {
		return f.has(day)
	}
	day, nth, is := strings.Cut(text, "#")
	n, isNumber := numeral(nth)
	return is && f.has(day) && isNumber && n >= 1 && n <= 5
}

// wrongElement says what is wrong with one element of a list: a value, a range, or a step through either.
func (f cronField) wrongElement(text string) string {
	span, step, stepped := strings.Cut(text, "/")
	from, to, ranged := strings.Cut(span, "-")
	first, hasFirst := f.value(from)
	final, hasFinal := f.value(to)
	n, isNumber := numeral(step)
	switch {
	case stepped && !f.takes("/"), !hasFirst && (span != "*" || !stepped), ranged && !hasFinal:
		return f.refuse(text)
	case ranged && first > final:
		return fmt.Sprintf("The range %s in %s runs backwards: write it as two, separated by a comma.", span, f.name)
	case stepped && (!isNumber || n < 1 || n > f.high):
		return fmt.Sprintf("The step of %s in %s cannot be %q: give a whole number from 1 to %d.", text, f.name, step, f.high)
	default:
		return ""
	}
}

// refuse says what the field takes.
func (f cronField) refuse(text string) string {
	values := fmt.Sprintf("%d to %d", f.low, f.high)
	if f.names != nil {
		values += fmt.Sprintf(" or %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	wildcards := strings.Join(strings.Split(",-*"+f.wildcards, ""), " ")
	return fmt.Sprintf("The %s of cron() cannot be %q: give %s, with the signs %s where they are needed.", f.name, text, values, wildcards)
}

func (f cronField) has(text string) bool {
	_, is := f.value(text)
	return is
}

// value reads a number of the field, or a name.
func (f cronField) value(text string) (int, bool) {
	if i := slices.Index(f.names, text); i >= 0 {
		return f.low + i, true
	}
	n, isNumber := numeral(text)
	return n, isNumber && n >= f.low && n <= f.high
}

// numeral reads a number of ASCII digits alone.
func numeral(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err == nil
}
