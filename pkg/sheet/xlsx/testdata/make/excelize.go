// Command excelize writes excelize.xlsx.
package main

import (
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"
)

func main() {
	f := excelize.NewFile()
	defer f.Close()
	out, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		panic(err)
	}
	day, _ := f.NewStyle(&excelize.Style{NumFmt: 14})
	format := `[$-409]d\-mmm\-yyyy h:mm:ss`
	moment, _ := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	date := func(style int, y, m, d, h, min, s int) any {
		return excelize.Cell{StyleID: style, Value: time.Date(y, time.Month(m), d, h, min, s, 0, time.UTC)}
	}
	for _, row := range []struct {
		at    string
		cells []any
	}{
		{"A1", []any{"Name", "Phone", "Mobile", "Since", "Seen", "VIP", "Total", "Notes"}},
		{"A2", []any{"Mona Adel", 966501234567, "+201001234567", date(day, 2024, 2, 29, 0, 0, 0), date(moment, 2024, 3, 1, 13, 45, 30), true, excelize.Cell{Formula: "2*21", Value: 42}, "line one\nline two"}},
		{"A3", []any{"منى عادل", 201001234567.0, nil, date(day, 1999, 12, 31, 0, 0, 0), nil, false}},
		{"A5", []any{"Zoë Åström 😀", nil, "+4670 <1> & 2", nil, nil, nil, nil, " _x0041_ "}},
	} {
		if err := out.SetRow(row.at, row.cells); err != nil {
			panic(err)
		}
	}
	if err := out.Flush(); err != nil {
		panic(err)
	}
	fmt.Println(f.SaveAs("excelize.xlsx"))
}
