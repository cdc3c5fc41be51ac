package main

import "testing"

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
