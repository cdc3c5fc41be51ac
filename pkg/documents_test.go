package pkg_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	linkPattern     = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	documentPattern = regexp.MustCompile(`([\w./-]*\w\.md)\b(?:, "([^"]+)")?`)
	addressPattern  = regexp.MustCompile(`https?://[^\s)>]+`)
	commentBreak    = regexp.MustCompile(`\n\s*// ?`)
	headingPattern  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fencePattern    = regexp.MustCompile("(?ms)^```.*?^```$")
)

// TestEveryDocumentThatIsNamedIsThere reads every text of the repository: the documents that it names are in the
// repository too, and have the headings that it names, as in pkg/README.md, "Rules".
func TestEveryDocumentThatIsNamedIsThere(t *testing.T) {
	eachText(t, func(name, text string) {
		text = addressPattern.ReplaceAllString(commentBreak.ReplaceAllString(text, " "), " ")
		for _, found := range documentPattern.FindAllStringSubmatch(text, -1) {
			document := whereIs(found[1], name)
			switch heading := found[2]; {
			case document == "":
				t.Errorf("%s names %s, which is not in the repository", name, found[1])
			case heading != "" && !slices.Contains(headings(t, document), heading):
				t.Errorf("%s names %s, %q: there is no such heading", name, document, heading)
			}
		}
	})
}

func TestLinksBetweenDocumentsLead(t *testing.T) {
	eachText(t, func(name, text string) {
		if path.Ext(name) != ".md" {
			return
		}
		for _, found := range linkPattern.FindAllStringSubmatch(fencePattern.ReplaceAllString(text, ""), -1) {
			target, fragment, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, ":") { // an address
				continue
			}
			document := name
			if target != "" {
				document = path.Join(path.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join("..", document)); err != nil {
				t.Errorf("%s links to %s, which is not in the repository", name, found[1])
				continue
			}
			if fragment != "" && !slices.Contains(anchors(t, document), fragment) {
				t.Errorf("%s links to %s: there is no such heading", name, found[1])
			}
		}
	})
}

// whereIs finds a document that a file names, from the file's own folder or by its path in the repository. It is empty
// when the repository does not have it.
func whereIs(document, namedBy string) string {
	for _, candidate := range []string{path.Join(path.Dir(namedBy), document), path.Clean(document)} {
		if _, err := os.Stat(filepath.Join("..", candidate)); err == nil {
			return candidate
		}
	}
	return ""
}

// headings are those of a document, without their marks.
func headings(t *testing.T, document string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", document))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, found := range headingPattern.FindAllStringSubmatch(fencePattern.ReplaceAllString(string(text), ""), -1) {
		all = append(all, strings.ReplaceAll(found[1], "`", ""))
	}
	return all
}

// anchors are the fragments under which a document's headings can be linked, as GitHub makes them.
func anchors(t *testing.T, document string) []string {
	t.Helper()
	all := headings(t, document)
	for i, heading := range all {
		all[i] = strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			default:
				return -1
			}
		}, heading)
	}
	return all
}

// eachText visits the sources, documents, scripts and settings of the repository, by their paths in it.
func eachText(t *testing.T, visit func(name, text string)) {
	t.Helper()
	endings := []string{".go", ".md", ".yaml", ".yml", ".toml", ".py", ".sh", ".txt"}
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, ".."+string(filepath.Separator)))
		if entry.IsDir() { // what lies in other hidden folders is installed, built or local data
			hidden := strings.HasPrefix(entry.Name(), ".") && !slices.Contains([]string{"..", ".ci", ".github"}, entry.Name())
			if hidden || slices.Contains([]string{"build", "node_modules", "testdata"}, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains(endings, path.Ext(name)) && !slices.Contains([]string{"Makefile", ".ci/run"}, name) {
			return nil
		}
		text, err := os.ReadFile(file)
		visit(name, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
