package httpapi

import (
	"context"
	"encoding/base64"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// codes reads every code that package problem declares.
func codes(t *testing.T) []problem.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "problem", "problem.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []problem.Code
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
				text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, problem.Code(text))
			}
		}
		return true
	})
	return all
}

func TestEveryCodeHasAStatus(t *testing.T) {
	all := codes(t)
	for _, code := range all {
		if statuses[code] == 0 {
			t.Errorf("%s has no status", code)
		}
	}
	if len(all) < 17 || len(all) != len(statuses) {
		t.Errorf("%d codes, %d statuses", len(all), len(statuses))
	}
}

func signer(key string, err error) *server {
	return &server{Deps: Deps{SigningKey: func(context.Context) ([]byte, error) { return []byte(key), err }}}
}

func TestEveryBitOfACursorCounts(t *testing.T) {
	s := signer("key", nil)
	want := contact.Position{Phase: 1, Key: "a#\x00é"}
	cursor, err := s.seal(t.Context(), "scope", want)
	if err != nil {
		t.Fatal(err)
	}
	var got contact.Position
	if err := s.open(t.Context(), "scope", cursor, &got); err != nil || got != want {
		t.Fatalf("%v, %v", got, err)
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range cursor {
		for _, letter := range []byte(letters) {
			changed := []byte(cursor)
			if changed[i] = letter; string(changed) == cursor {
				continue
			}
			if err := s.open(t.Context(), "scope", string(changed), &got); problem.CodeOf(err) != problem.InvalidCursor {
				t.Fatalf("letter %d as %c: %v", i, letter, err)
			}
		}
	}
	for _, other := range []string{"", "scop", "scope\n", "scope\n{"} {
		if err := s.open(t.Context(), other, cursor, &got); problem.CodeOf(err) != problem.InvalidCursor {
			t.Errorf("scope %q: %v", other, err)
		}
	}
	if err := signer("other", nil).open(t.Context(), "scope", cursor, &got); problem.CodeOf(err) != problem.InvalidCursor {
		t.Errorf("another key: %v", err)
	}
}

// Cursors stand in URLs, which proxies and browsers keep.
func TestACursorShowsNothingOfItsPosition(t *testing.T) {
	s := signer("key", nil)
	const name = "mona adel +201001234567 mona@example.com"
	var cursors []string
	for range 2 {
		cursor, err := s.seal(t.Context(), "scope", contact.Position{Key: name})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil {
			t.Fatal(err)
		}
		for word := range strings.FieldsSeq(name) {
			if strings.Contains(string(plain), word) || strings.Contains(cursor, word) {
				t.Errorf("%q stands in the cursor", word)
			}
		}
		cursors = append(cursors, cursor)
	}
	if cursors[0] == cursors[1] {
		t.Error("two cursors show that they are of one position")
	}
}

func TestWithoutASigningKeyTheFaultIsOurs(t *testing.T) {
	s := signer("", errors.New("no table"))
	if _, err := s.seal(t.Context(), "scope", 1); err == nil {
		t.Error("sealed")
	}
	whole, err := signer("key", nil).seal(t.Context(), "scope", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.open(t.Context(), "scope", whole, new(int)); problem.CodeOf(err) != problem.Internal {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	s := signer("key", nil)
	whole, err := s.seal(f.Context(), "scope", contact.Position{Key: "k"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add("")
	f.Add(whole + "\n")
	f.Fuzz(func(t *testing.T, cursor string) {
		var position contact.Position
		err := s.open(t.Context(), "scope", cursor, &position)
		if (err == nil) != (cursor == whole) {
			t.Errorf("%q opens: %v", cursor, err)
		}
	})
}

func FuzzTags(f *testing.F) {
	for _, seed := range []string{`"a.1.x"`, `W/"a.1.x", "b%2E+c.2."`, "*", `"`, `,,`, `"1" "2"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		wanted := ifMatch(header)
		if wanted.Any && (wanted.None || wanted.Revisions != nil) {
			t.Errorf("%q is %+v", header, wanted)
		}
		_ = isCurrent(header, `"1.1.x"`)
		for _, one := range wanted.Revisions {
			if again := ifMatch(etag(one, nil)); len(again.Revisions) != 1 || again.Revisions[0] != one {
				t.Errorf("%q names %+v, whose tag names %+v", header, one, again)
			}
		}
	})
}
