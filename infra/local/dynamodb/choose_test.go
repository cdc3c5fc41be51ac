package dynamodb

import (
	"strings"
	"testing"
)

func TestWhichServer(t *testing.T) {
	for _, test := range []struct {
		given, system, architecture string
		java                        int
		want                        Kind
		says                        string // part of the sentence; empty for none
	}{
		{"", "linux", "amd64", 0, Dynoxide, ""},
		{"", "linux", "amd64", 21, Dynoxide, ""},
		{"", "linux", "arm64", 17, Local, "not for linux/arm64"},
		{"", "darwin", "arm64", 21, Local, "DynamoDB Local"},
		{"", "darwin", "amd64", 21, Local, "DYNAMODB=dynamodb-local|ministack"},
		{"", "darwin", "arm64", 11, Ministack, "a JDK of version 17 or later"},
		{"", "linux", "arm64", 0, Ministack, "the emulator's own"},
		{"dynoxide", "darwin", "arm64", 0, Dynoxide, ""},
		{"dynamodb-local", "linux", "amd64", 0, Local, ""},
		{"ministack", "linux", "amd64", 17, Ministack, ""},
	} {
		got, err := choose(test.given, test.system, test.architecture, func() int { return test.java })
		if err != nil || got.Kind != test.want {
			t.Errorf("%+v: %+v, %v", test, got, err)
		}
		if (got.Why == "") != (test.says == "") || !strings.Contains(got.Why, test.says) || strings.Contains(got.Why, "\n") {
			t.Errorf("%+v: %q", test, got.Why)
		}
	}
	if _, err := choose("sqlite", "linux", "amd64", nil); err == nil || !strings.Contains(err.Error(), "dynamodb-local") {
		t.Errorf("an unknown server: %v", err)
	}
}
