package contact_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

func TestCreateNamesEveryFault(t *testing.T) {
	s, _ := service()
	_, err := s.Create(t.Context(), "demo", agent, contact.Draft{
		Name: text(" "), Email: text("a@b"), Phone: text("12"), Company: text(strings.Repeat("é", 201)),
		Labels: []string{"ok", "a/b"}, Attributes: map[string]any{"a b": 1.0, "n": []any{}, "big": 9007199254740994.0, "e": ""},
	}, nil)
	var fault *problem.Error
	if !errors.As(err, &fault) || fault.Code != problem.ValidationFailed {
		t.Fatal(err)
	}
	var places []string
	for _, field := range fault.Fields {
		places = append(places, field.Location)
	}
	want := []string{
		"body.name", "body.email", "body.phone", "body.company", "body.labels[1]",
		"body.customAttributes.a b", "body.customAttributes.big", "body.customAttributes.e", "body.customAttributes.n",
	}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Error(diff)
	}
}

func TestAMissingNameIsNamedAmongTheOthers(t *testing.T) {
	s, _ := service()
	many := map[string]any{}
	for i := range 101 {
		many[fmt.Sprint(i)] = true
	}
	_, err := s.Create(t.Context(), "demo", agent, contact.Draft{Email: text("a"), Attributes: many}, nil)
	fault, _ := errors.AsType[*problem.Error](err)
	if fault == nil || len(fault.Fields) != 3 || fault.Fields[0].Location != "body.name" || fault.Fields[2].Location != "body.customAttributes" {
		t.Error(err)
	}
}

func TestValuesThatCannotBe(t *testing.T) {
	s, _ := service()
	labels := make([]string, 41)
	for i := range labels {
		labels[i] = fmt.Sprint(i)
	}
	attribute := func(value any) contact.Draft { return contact.Draft{Attributes: map[string]any{"a": value}} }
	for name, draft := range map[string]contact.Draft{
		"name of nothing that shows": {Name: text("\u200b\u202a")}, "company of spaces": {Company: text(" \t")}, "control": {Company: text("a\x1bb")},
		"not UTF-8": {Company: text("a\xffb")}, "label with a slash": {Labels: []string{"a/b"}}, "label ..": {Labels: []string{" .. "}},
		"label of two lines": {Labels: []string{"a\nb"}}, "label too long": {Labels: []string{strings.Repeat("é", 51)}}, "empty label": {Labels: []string{""}},
		"41 labels": {Labels: labels}, "control in a label": {Labels: []string{"a\x00"}},
		"infinite": attribute(math.Inf(1)), "not a number": attribute(math.NaN()), "2^53": attribute(9007199254740992.0), "-2^53": attribute(-9007199254740992.0),
		"1e300": attribute(1e300), "empty attribute": attribute(" "), "object": attribute(map[string]any{}), "list": attribute([]any{1.0}),
		"long key": {Attributes: map[string]any{strings.Repeat("k", 65): true}}, "key beyond ASCII": {Attributes: map[string]any{"é": true}}, "key that is not UTF-8": {Attributes: map[string]any{"a\xff": true}},
		"key with a space": {Attributes: map[string]any{"a b": true}}, "no key": {Attributes: map[string]any{"": nil}},
	} {
		if draft.Name == nil {
			draft.Name = text("Mona")
		}
		if _, err := s.Create(t.Context(), "demo", agent, draft, nil); problem.CodeOf(err) != problem.ValidationFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
	made, err := s.Create(t.Context(), "demo", agent, contact.Draft{
		Name: text("Mona\r\n\tAdel"), Labels: append(labels[:40], "0 ", " 39"),
		Attributes: map[string]any{"a": 9007199254740991.0, "b": math.Copysign(0, -1), "c": nil, "d": 1e-300, "A-z_0.9" + strings.Repeat("k", 57): "x"},
	}, nil)
	if err != nil || len(made.Labels) != 40 || made.Name != "Mona\r\n\tAdel" || len(made.Attributes) != 4 || math.Signbit(made.Attributes["b"].(float64)) {
		t.Errorf("%+v, %v", made, err)
	}
}

func TestLimitsToTheCharacter(t *testing.T) {
	s, _ := service()
	long := strings.Repeat("ñ", 200)
	many := map[string]any{}
	for i := range 100 {
		many[strings.Repeat("k", 60)+string(rune('a'+i/26))+string(rune('a'+i%26))] = strings.Repeat("x", 1000)
	}
	for name, c := range map[string]struct {
		draft contact.Draft
		code  problem.Code
	}{
		"200 characters":       {contact.Draft{Name: &long, Company: &long}, ""},
		"201 characters":       {contact.Draft{Name: text(long + "x")}, problem.ValidationFailed},
		"local part of 64":     {contact.Draft{Name: text("a"), Email: text(strings.Repeat("a", 64) + "@example.com")}, ""},
		"local part of 65":     {contact.Draft{Name: text("a"), Email: text(strings.Repeat("a", 65) + "@example.com")}, problem.ValidationFailed},
		"100 attributes":       {contact.Draft{Name: text("a"), Attributes: many}, ""},
		"no name":              {contact.Draft{Email: text("a@example.com")}, problem.ValidationFailed},
		"too large altogether": {contact.Draft{Name: text("a"), Attributes: repeated(many, strings.Repeat("x", 2000))}, problem.ContactTooLarge},
		"2001 characters":      {contact.Draft{Name: text("a"), Attributes: map[string]any{"a": strings.Repeat("x", 2001)}}, problem.ValidationFailed},
		"41 labels":            {contact.Draft{Name: text("a"), Labels: strings.Split(strings.Repeat("a,b,c,d,", 5)+"e1,e2,e3,e4,e5,e6,e7,e8,e9,e10,e11,e12,e13,e14,e15,e16,e17,e18,e19,e20,e21,e22,e23,e24,e25,e26,e27,e28,e29,e30,e31,e32,e33,e34,e35,e36,e37", ",")}, problem.ValidationFailed},
		"control character":    {contact.Draft{Name: text("a\x00b")}, problem.ValidationFailed},
	} {
		_, err := s.Create(t.Context(), "demo", agent, c.draft, nil)
		if (err == nil) != (c.code == "") || err != nil && problem.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want code %q", name, err, c.code)
		}
	}
}

func repeated(attributes map[string]any, value string) map[string]any {
	all := map[string]any{}
	for key := range attributes {
		all[key] = value
	}
	return all
}

func TestAttributesThatAreThereCount(t *testing.T) {
	s, store := service()
	many := map[string]any{}
	for i := range 100 {
		many[fmt.Sprint(i)] = true
	}
	store.contacts["1"] = contact.Contact{ID: "1", Name: "Mona", Version: 1, Attributes: many}
	one := func(value map[string]any) contact.Patch {
		return contact.Patch{Attributes: contact.Field[map[string]any]{Set: true, Value: value}}
	}
	if _, err := s.Update(t.Context(), "demo", "1", agent, one(map[string]any{"new": true}), contact.Precondition{}); problem.CodeOf(err) != problem.ValidationFailed {
		t.Error(err)
	}
	if after, err := s.Update(t.Context(), "demo", "1", agent, one(map[string]any{"new": true, "7": nil}), contact.Precondition{}); err != nil || len(after.Attributes) != 100 {
		t.Errorf("%+v, %v", after, err)
	}
}
