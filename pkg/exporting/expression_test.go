package exporting

import (
	"errors"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/problem"
)

func TestExpressionsThatCanBe(t *testing.T) {
	for _, text := range []string{
		"rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(12 hours)", "rate(1 day)", "rate(7 days)", "rate(999999 minutes)",
		"cron(0 2 * * ? *)", "cron(15 10 ? * 6L 2022-2023)", "cron(0 18 ? * MON-FRI *)", "cron(0/10 * ? * MON-FRI *)", "cron(0 8 1 * ? *)",
		"cron(*/15 9-17 ? * 2-6 *)", "cron(0,30 0,12 L * ? *)", "cron(0 0 LW * ? *)", "cron(0 0 15W * ? *)", "cron(0 0 ? * 3#2 *)", "cron(0 0 ? * FRI#5 *)",
		"cron(0 0 ? * FRIL *)", "cron(0 0 ? * L *)", "cron(0 0 1,15-20,25/2 JAN,MAR-JUN,9 ? 2026,2030-2199)", "cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)",
		"cron(00 09 * */3 ? 2026/2)", "cron(59 23 31 12 ? 2199)", "cron(0 0 1 1 ? 1970)", "cron(0 0 ? * SUN,SAT *)", "cron(0 0 ? * * *)",
	} {
		if got, err := NormalizeExpression(text); got != text || err != nil {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"  rate(5   minutes) ": "rate(5 minutes)", "cron( 0 2\t* * ? * )": "cron(0 2 * * ? *)", "rate( 1 day )": "rate(1 day)",
	} {
		if got, err := NormalizeExpression(text); got != want || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// refusedExpressions are expressions and what the sentence about each has to name.
var refusedExpressions = map[string]string{
	"": "Give rate()", "daily": "Give rate()", "rate": "Give rate()", "rate(1 day": "Give rate()", "Rate(1 day)": "Give rate()", "rate(1 day)x": "Give rate()",
	"at(2026-11-20T13:00:00)": "at()", "every(1 day)": "Give rate()", "rate (1 day)": "Give rate()", "0 2 * * ? *": "Give rate()",
	"cron(" + strings.Repeat("0,", 130) + "0 * * * ? *)": "256",

	"rate()": "number and a unit", "rate(5)": "number and a unit", "rate(minutes)": "number and a unit", "rate(5 minutes 1)": "number and a unit",
	"rate(0 days)": "number of rate()", "rate(-1 days)": "number of rate()", "rate(1.5 days)": "number of rate()", "rate(x days)": "number of rate()",
	"rate(01 day)": "number of rate()", "rate(+1 day)": "number of rate()", "rate(٣ days)": "number of rate()", "rate(1000000 days)": "number of rate()",
	"rate(99999999999999999999 days)": "number of rate()",
	"rate(5 weeks)":                   "unit", "rate(10 seconds)": "unit", "rate(1 Day)": "unit", "rate(5 s)": "unit",
	"rate(1 minutes)": "singular", "rate(5 minute)": "singular", "rate(1 hours)": "singular", "rate(2 day)": "singular",

	"cron()": "six fields", "cron(* * * * *)": "six fields", "cron(0 2 * * ? * *)": "six fields",
	"cron(60 * * * ? *)": "minutes", "cron(-1 * * * ? *)": "minutes", "cron(x * * * ? *)": "minutes", "cron(0, * * * ? *)": "minutes", "cron(? * * * ? *)": "minutes",
	"cron(1- * * * ? *)": "minutes", "cron(-5 * * * ? *)": "minutes", "cron(/5 * * * ? *)": "minutes", "cron(*,5 * * * ? *)": "minutes", "cron(** * * * ? *)": "minutes",
	"cron(*/60 * * * ? *)": "step", "cron(*/0 * * * ? *)": "step", "cron(5/ * * * ? *)": "step", "cron(5/x * * * ? *)": "step", "cron(*/5/5 * * * ? *)": "step",
	"cron(30-10 * * * ? *)": "backwards", "cron(L * * * ? *)": "minutes", "cron(1-2-3 * * * ? *)": "minutes",
	"cron(0 24 * * ? *)": "hours", "cron(0 22-2 * * ? *)": "backwards", "cron(0 */24 * * ? *)": "step",
	"cron(0 0 0 * ? *)": "day-of-month", "cron(0 0 32 * ? *)": "day-of-month", "cron(0 0 32W * ? *)": "day-of-month", "cron(0 0 W * ? *)": "day-of-month",
	"cron(0 0 3#2 * ? *)": "day-of-month", "cron(0 0 5L * ? *)": "day-of-month", "cron(0 0 L-3 * ? *)": "day-of-month", "cron(0 0 1,L * ? *)": "day-of-month",
	"cron(0 0 1 0 ? *)": "month", "cron(0 0 1 13 ? *)": "month", "cron(0 0 1 jan ? *)": "month", "cron(0 0 1 JANUARY ? *)": "month", "cron(0 0 1 MAR-FEB ? *)": "backwards",
	"cron(0 0 1 ? ? *)": "month",
	"cron(0 0 ? * 0 *)": "day-of-week", "cron(0 0 ? * 8 *)": "day-of-week", "cron(0 0 ? * MON/2 *)": "day-of-week", "cron(0 0 ? * 3#6 *)": "day-of-week",
	"cron(0 0 ? * 3#0 *)": "day-of-week", "cron(0 0 ? * 3# *)": "day-of-week", "cron(0 0 ? * 3#1,6#3 *)": "day-of-week", "cron(0 0 ? * LW *)": "day-of-week",
	"cron(0 0 ? * FOO *)": "day-of-week", "cron(0 0 ? * SAT-SUN *)": "backwards",
	"cron(0 0 * * ? 1969)": "year", "cron(0 0 * * ? 2200)": "year", "cron(0 0 * * ? ?)": "year", "cron(0 0 * * ? 26)": "year",
	"cron(0 0 1 * MON *)": "write ?", "cron(0 0 * * * *)": "write ?", "cron(0 0 ? * ? *)": "write ?",
}

func TestExpressionsThatCannotBe(t *testing.T) {
	for text, names := range refusedExpressions {
		got, err := NormalizeExpression(text)
		refused, ok := errors.AsType[*problem.Error](err)
		if got != "" || !ok || refused.Code != problem.ValidationFailed || len(refused.Fields) != 1 {
			t.Errorf("%s: %q, %v", text, got, err)
			continue
		}
		if field := refused.Fields[0]; field.Location != "body.schedule" || !strings.Contains(field.Message, names) || !strings.HasSuffix(field.Message, ".") {
			t.Errorf("%s: %+v does not name %q", text, field, names)
		}
	}
}

// FuzzNormalizeExpression demands that what is accepted is accepted as it is, and is one line of printable ASCII.
func FuzzNormalizeExpression(f *testing.F) {
	for text := range refusedExpressions {
		f.Add(text)
	}
	for _, text := range []string{"rate(5  minutes)", "cron(0/5 8-17 ? JAN,3 MON#2 2026-2030)", "cron(0 0 LW * ? *)", "cron(0 0 15W * ? *)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := NormalizeExpression(text)
		if err != nil {
			return
		}
		again, err := NormalizeExpression(got)
		odd := strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' })
		if again != got || err != nil || odd || len(got) > maxExpression {
			t.Errorf("%q is %q, and that is %q, %v", text, got, again, err)
		}
	})
}
