package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestRowsOfTheSample(t *testing.T) {
	var written bytes.Buffer
	if err := writeSample(&written, "3"); err != nil || strings.Count(written.String(), "\n") != 4 {
		t.Errorf("%v: %q", err, written.String())
	}
	for _, rows := range []string{"0", "-1", "abc", "", "1.5", "10000001"} {
		written.Reset()
		err := writeSample(&written, rows)
		if err == nil || !strings.Contains(err.Error(), "ROWS is a whole number from 1 on") || written.Len() > 0 {
			t.Errorf("%q: %v, %d bytes", rows, err, written.Len())
		}
	}
}

func TestWorkspacesAreCheckedFirst(t *testing.T) {
	for name, command := range map[string]func(context.Context, flags) error{
		"token": token, "drop": drop, "webhook": webhook, "user": user,
	} {
		for _, workspace := range []string{"a b", "-bad", ""} {
			err := command(t.Context(), flags{workspace: workspace, email: "a@b.example", file: "people.csv", stack: "contacts"})
			if err == nil || !strings.HasPrefix(err.Error(), "WORKSPACE: a workspace is 1 to 63 letters") {
				t.Errorf("%s of %q: %v", name, workspace, err)
			}
		}
	}
	if err := drop(t.Context(), flags{workspace: "demo", file: "some.pdf"}); err == nil ||
		!strings.Contains(err.Error(), "FILE: only files whose names end in .csv, .xlsx, .json") {
		t.Error(err)
	}
}

func TestWhichDynamoDBIsUsed(t *testing.T) {
	for _, c := range []struct{ address, kind, want string }{
		{"", "", ""},
		{"", "ministack", "ministack"},
		{"http://127.0.0.1:3002", "", ""}, // as `make env` prints it
		{"http://127.0.0.1:3002", "ministack", "ministack"},
		{"http://127.0.0.1:3001", "", "ministack"}, // as `make env` prints it of the emulator's own
		{"http://127.0.0.1:3001", "ministack", "ministack"},
		{"http://127.0.0.1:3001", "dynoxide", "dynoxide"},
		{"http://127.0.0.1:8000", "ministack", "http://127.0.0.1:8000"},
	} {
		t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", c.address)
		t.Setenv("DYNAMODB", c.kind)
		if got := dynamoDB(3000); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
