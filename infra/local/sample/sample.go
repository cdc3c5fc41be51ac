// Package sample writes files of made-up people for trying imports: names in several scripts, distinct e-mails and phones,
// the same file for the same number of rows every time.
package sample

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
)

// MaxRows is how many distinct phones there are.
const MaxRows = 10_000_000

var (
	firstNames = []string{
		"Mona", "Ahmed", "Zoë", "José", "Amélie", "Łukasz", "Søren", "Yusuf", "Ana", "Björn", "Siobhán", "Nguyễn", "Chloë", "Ivan", "Olga",
		"منى", "أحمد", "فاطمة", "محمود", "ليلى", "Дарья", "Алексей", "Ελένη", "किशोर", "小明", "はなこ", "Fatima", "Omar", "Laura", "Pedro",
	}
	lastNames = []string{
		"Adel", "Hassan", "Müller", "García", "Dupont", "Kowalski", "Nielsen", "Demir", "Silva", "Öberg", "O'Brien", "Trần", "Smith", "Petrov", "Iliadis",
		"عادل", "حسن", "علي", "Иванова", "Παππάς", "शर्मा", "王", "山田", "Okafor", "van der Berg", "Haddad", "Rossi", "Costa", "Novák", "Lee",
	}
	companies = []string{"Acme", "Globex", "Initech", "Crédit Nil", "شركة النيل", "Umbrella & Sons", ""}
	labels    = []string{"VIP", "new", "VIP;new", "churned", ""}
)

// Write writes a CSV with a header and rows of people.
func Write(w io.Writer, rows int) error {
	if rows < 1 || rows > MaxRows {
		return fmt.Errorf("ROWS is 1 to %d, not %d", MaxRows, rows)
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time, on purpose
	out := csv.NewWriter(w)
	if err := out.Write([]string{"name", "email", "phone", "company", "labels"}); err != nil {
		return err
	}
	for row := range rows {
		person := []string{
			pick(random, firstNames) + " " + pick(random, lastNames),
			fmt.Sprintf("person%d@example.com", row),
			fmt.Sprintf("+20101%07d", row),
			pick(random, companies),
			pick(random, labels),
		}
		if err := out.Write(person); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func pick(random *rand.Rand, from []string) string { return from[random.IntN(len(from))] }
