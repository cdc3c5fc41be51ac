package importing

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestRowsAreSettledInTheOrderOfTheFile judges the second chunk before the first: the first one's row still takes the e-mail.
func TestRowsAreSettledInTheOrderOfTheFile(t *testing.T) {
	w := newWorld(t)
	file := []string{"name,email,phone", "First,same@example.com,+1first"}
	for n := range chunkRows - 1 {
		file = append(file, fmt.Sprintf("Person,person%d@example.com,", n))
	}
	file = append(file, "Second,same@example.com,+2second")
	second := make(chan struct{})
	w.parser.ParsePhone = func(raw, _ string) (string, error) {
		if raw == "+2second" {
			close(second)
			return "+201001234568", nil
		}
		select {
		case <-second:
			return "+201001234567", nil
		case <-time.After(10 * time.Second):
			return "", errors.New("the second chunk was not judged meanwhile")
		}
	}
	var verdicts []string
	text := strings.Join(file, "\n")
	err := w.parser.chunks(t.Context(), Import{Format: "csv"}, File{ReaderAt: strings.NewReader(text), Size: int64(len(text))}, func(chunk Chunk) error {
		for _, row := range chunk.Rows {
			if row.Verdict != nil {
				verdicts = append(verdicts, fmt.Sprint(chunk.Number, row.Number, row.Verdict.Code))
			}
		}
		return nil
	})
	if want := fmt.Sprint(1, chunkRows+2, DuplicateInFile); err != nil || len(verdicts) != 1 || verdicts[0] != want {
		t.Errorf("%q, %v; want %q", verdicts, err, want)
	}
}

func TestChunksEndWithTheFirstThatFails(t *testing.T) {
	text, broken, seen := fileOf(50*chunkRows, 1), errors.New("broken"), 0
	err := newWorld(t).parser.chunks(t.Context(), Import{Format: "csv"}, File{ReaderAt: strings.NewReader(text), Size: int64(len(text))}, func(Chunk) error {
		seen++
		return broken
	})
	if !errors.Is(err, broken) || seen != 1 {
		t.Errorf("%v after %d chunks", err, seen)
	}
}
