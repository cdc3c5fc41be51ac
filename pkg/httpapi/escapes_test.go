package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

func TestHalfCharactersAreRefusedWhereTheyStand(t *testing.T) {
	s := serve(t, identity.Admin)
	for body, places := range map[string]string{
		`{"name":"\ud800"}`:                                 "body.name",
		`{"name":"a\uDFFFb"}`:                               "body.name",
		`{"name":"\ud83d\ud83d\ude00"}`:                     "body.name",
		`{"name":"\ud83d\\ude00"}`:                          "body.name",
		`{"name":"\ud83dude00"}`:                            "body.name",
		`{"name":"\ud83d\ude00\ude00\ud800"}`:               "body.name",
		`{"name":"a","labels":["a","\ud800","b","\udc00"]}`: "body.labels[1] body.labels[3]",
		`{"name":"a","customAttributes":{"a":[{},{"b":[0,"\ud800"]}],"c":"\ud800"}}`: "body.customAttributes.a[1].b[1] body.customAttributes.c",
		`{"name":"a","customAttributes":{"x\ud800":1,"y":"\ud800"}}`:                 "body.customAttributes body.customAttributes.y",
		`{"\ud800":1}`: "body",
		`{"name":[[],[[{}]],"\ud800"],"email":"\ud800"}`: "body.name[2] body.email",
	} {
		s.call(http.MethodPost, "/v1/contacts", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, strings.Fields(places)...)
	}
	for body, name := range map[string]string{
		`{"name":"\ud83d\ude00"}`: "😀", `{"name":"\\ud800"}`: `\ud800`,
		`{"name":"\\\ud83d\ude00\u00e9\"\\"}`: `\😀é"\`, `{"name":"\uD83D\uDE00"}`: "😀",
	} {
		s.call(http.MethodPost, "/v1/contacts", body).is(http.StatusCreated)
		if got := s.contacts.draft.Name; got == nil || *got != name {
			t.Errorf("%s is %q", body, *got)
		}
	}
	many := `{"name":"` + strings.Repeat(`\ud800`, 200_000) + `"}`
	s.call(http.MethodPost, "/v1/contacts", many).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "body.name")
}
