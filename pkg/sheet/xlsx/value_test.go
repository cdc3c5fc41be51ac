package xlsx

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestValues(t *testing.T) {
	styles := `<numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="0.00&quot;days&quot;"/></numFmts>` +
		`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="46"/></cellXfs><cellStyles><xf numFmtId="14"/></cellStyles>`
	shared := sharedTexts("shared", "_x0041__x000D__x005F_x000D__xD83D__xDE00__xD83D_x_x00e9_", "") +
		`<si><r><t>rich</t></r><r><rPr><b/></rPr><t xml:space="preserve"> text</t></r><rPh sb="0" eb="2"><t>reading</t></rPh></si><si/>`
	for cell, want := range map[string]string{
		`<c t="s"><v>0</v></c>`:                           "shared",
		`<c t="s"><v> 3 </v></c>`:                         "rich text",
		`<c t="s"><v>1</v></c>`:                           "A\r_x000D_😀\ufffdxé",
		`<c t="s"><v>2</v></c>`:                           "",
		`<c t="s"><v>4</v></c>`:                           "",
		`<c t="s"/>`:                                      "",
		`<c t="s"><v></v></c>`:                            "",
		`<c t="&#115;"><v>0</v></c>`:                      "shared",
		`<c t="inlineStr"><is><t>in _x0041_</t></is></c>`: "in A",
		`<c t="inlineStr"><is><r><t>a</t></r><rPh><t>x</t></rPh><r><t>b</t></r></is></c>`: "ab",
		`<c><is><t>no type</t></is></c>`:                         "no type",
		`<c t="inlineStr"><v>only v</v></c>`:                     "only v",
		`<c t="str"><f>A1&amp;"x"</f><v>cached _x0009_ </v></c>`: "cached \t ",
		`<c t="strange"><v>1E2</v></c>`:                          "1E2",
		`<c t="b"><v>1</v></c>`:                                  "true",
		`<c t="b"><v>0</v></c>`:                                  "false",
		`<c t="b"><v>TRUE</v></c>`:                               "true",
		`<c t="e"><v>#N/A</v></c>`:                               "",
		`<c><f>1+1</f></c>`:                                      "",
		`<c><v>966501234567</v></c>`:                             "966501234567",
		`<c><v>9.66501234567E11</v></c>`:                         "966501234567",
		`<c t="n"><v>966501234567.0</v></c>`:                     "966501234567",
		`<c><v>1.5E-3</v></c>`:                                   "0.0015",
		`<c><v>-2.50E+1</v></c>`:                                 "-25",
		`<c><v>1E3</v></c>`:                                      "1000",
		`<c><v>12e0</v></c>`:                                     "12",
		`<c><v>0E5</v></c>`:                                      "0",
		`<c><v>0012E-1</v></c>`:                                  "1.2",
		`<c><v>.5</v></c>`:                                       "0.5",
		`<c><v>5.</v></c>`:                                       "5",
		`<c><v>0.30000000000000004</v></c>`:                      "0.30000000000000004",
		`<c><v>1.50</v></c>`:                                     "1.50",
		`<c><v>007</v></c>`:                                      "007",
		`<c><v>+20100</v></c>`:                                   "+20100",
		`<c><v>1E999</v></c>`:                                    "1E999",
		`<c><v>1E</v></c>`:                                       "1E",
		`<c><v>.</v></c>`:                                        ".",
		`<c><v>-</v></c>`:                                        "-",
		`<c><v>mona@example.com</v></c>`:                         "mona@example.com",
		`<c s="1"><v>45351</v></c>`:                              "2024-02-29",
		`<c s="2"><v>4.5351E4</v></c>`:                           "2024-02-29",
		`<c s="2"><v>45352.573263888888</v></c>`:                 "2024-03-01 13:45:30",
		`<c s="2"><v>45351.999999</v></c>`:                       "2024-03-01",
		`<c s="4"><v>0.5</v></c>`:                                "12:00:00",
		`<c s="4"><v>0.9999999</v></c>`:                          "23:59:59",
		`<c s="1"><v>1</v></c>`:                                  "1900-01-01",
		`<c s="1"><v>59</v></c>`:                                 "1900-02-28",
		`<c s="1"><v>61</v></c>`:                                 "1900-03-01",
		`<c s="1"><v>2958465</v></c>`:                            "9999-12-31",
		`<c s="1"><v>2958466</v></c>`:                            "2958466",
		`<c s="1"><v>-1</v></c>`:                                 "-1",
		`<c s="1"><v>NaN</v></c>`:                                "NaN",
		`<c s="1" t="str"><v>45351</v></c>`:                      "45351",
		`<c s="3"><v>45351</v></c>`:                              "45351",
		`<c s="0"><v>45351</v></c>`:                              "45351",
		`<c s="5"><v>45351</v></c>`:                              "45351",
		`<c s="99999999999999999999"><v>45351</v></c>`:           "45351",
		`<c t="d"><v>2024-02-29</v></c>`:                         "2024-02-29",
		`<c t="d"><v>2024-02-29T00:00:00.000Z</v></c>`:           "2024-02-29",
		`<c t="d"><v>2024-02-29T13:45:29.9996</v></c>`:           "2024-02-29 13:45:30",
		`<c t="d"><v>2024-02-29T13:45</v></c>`:                   "2024-02-29 13:45:00",
		`<c t="d"><v>2024-02-29T13:45:30+02:00</v></c>`:          "2024-02-29T13:45:30+02:00",
		`<c t="d"><v>13:45:30</v></c>`:                           "13:45:30",
	} {
		t.Run(cell, func(t *testing.T) {
			got := read(t, book{texts: shared, styles: styles, sheets: []string{rows(`<row>` + cell + `<c t="str"><v>.</v></c></row>`)}}.file())
			if len(got) != 1 || got[0] != "1|"+want+"|." {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestDatesFrom1904(t *testing.T) {
	for setting, want := range map[string]string{`date1904="1"`: "2024-02-29", `date1904="true"`: "2024-02-29", `date1904="0"`: "2020-02-28", ``: "2020-02-28"} {
		file := book{setting: setting, styles: `<cellXfs><xf numFmtId="14"/></cellXfs>`, sheets: []string{rows(`<row><c s="0"><v>43889</v></c></row>`)}}.file()
		if got := read(t, file); got[0] != "1|"+want {
			t.Errorf("%s: %s", setting, got)
		}
	}
}

func TestDateFormats(t *testing.T) {
	for code, want := range map[string]bool{
		"yyyy-mm-dd": true, "DD/MM/YY": true, "h:mm AM/PM": true, "[h]:mm:ss": true, "[$-409]d\\-mmm": true, "mmm": true, "[mm]": true, "[SS].00": true, `"on "d`: true,
		`"a;b" yyyy`: true, `[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`: true, `yyyy"年"m"月"d"日"`: true, "0;d": true,
		"General": false, "0.00": false, "#,##0": false, "@": false, "": false, `0 "days"`: false, `0\d`: false, "[Red]0": false, "[$USD-409] 0.00": false, "[>1000]0": false,
		`_d0`: false, `*s0`: false, `"unclosed d`: false, "[h": true, "[": false, `\`: false, "0.00E+00": false, "[]0": false, "[hm]": false,
	} {
		if got := isDateFormat(code); got != want {
			t.Errorf("%q shows a date: %v", code, got)
		}
	}
}

func TestNumbersKeepTheirValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }).Draw(t, "value")
		format := rapid.SampledFrom([]byte("eEfgG")).Draw(t, "format")
		written := strconv.FormatFloat(value, format, -1, 64)
		got := string(appendNumber([]byte("before "), []byte(written)))
		back, err := strconv.ParseFloat(strings.TrimPrefix(got, "before "), 64)
		if err != nil || back != value || strings.ContainsAny(got[len("before "):], "eE") {
			t.Fatalf("%s became %q, %v", written, got, err)
		}
	})
}

func TestDatesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from1904 := rapid.Bool().Draw(t, "from 1904")
		first := time.Date(1904, 1, 2, 0, 0, 0, 0, time.UTC)
		at := first.Add(time.Duration(rapid.Int64Range(0, 200*365*secondsOfDay).Draw(t, "seconds")) * time.Second)
		epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
		if from1904 {
			epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		serial := at.Sub(epoch).Seconds() / secondsOfDay
		want := at.Format(time.DateTime)
		if want = strings.TrimSuffix(want, " 00:00:00"); string(appendDate(nil, serial, from1904)) != want {
			t.Fatalf("%s is %v days and became %s", want, serial, appendDate(nil, serial, from1904))
		}
	})
}

func TestColumnNames(t *testing.T) {
	for name, column := range map[string]int{"A": 0, "Z": 25, "AA": 26, "az": 51, "ZZ": 701, "AAA": 702, "XFD": 16_383, "XFE": maxColumns, "ZZZZZZZZZZZZZZ": maxColumns, "": -1, "7": -1} {
		got, row := position([]byte(name + "42"))
		if got != column || name != "7" && row != 42 {
			t.Errorf("%s is column %d, row %d", name, got, row)
		}
	}
	for column := range maxColumns {
		if got, _ := position(fmt.Append(nil, columnName(column), 7)); got != column {
			t.Fatalf("column %d is called %s", column, columnName(column))
		}
	}
}
