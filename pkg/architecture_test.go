// Package pkg_test keeps the rooms of the house: which package may import which, and what is spelled in one place only.
// It runs with the linters (make lint) and with every test run.
package pkg_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/occ/contacts/"

// layers are the packages from the inside out: a package may import those of lower layers, of its own layer only when it is
// pure or domain, never of a higher one.
var layers = map[string]int{
	"pkg/problem": 0, "pkg/plainjson": 0, "pkg/fold": 0, "pkg/phone": 0, "pkg/identity": 0, "pkg/metrics": 0, "pkg/budget": 0, "pkg/sheet/cell": 0, "pkg/sheet": 0, "pkg/sheet/workbook": 0, "pkg/sheet/xmlscan": 0, "pkg/sheet/xlsx": 0,
	"pkg/contact": 1, "pkg/importing": 1, "pkg/exporting": 1, "pkg/channel": 1,
	"pkg/channel/meta": 1, "pkg/channel/telegram": 1, "pkg/channel/twilio": 1, "pkg/channel/standard": 1, "pkg/channel/provider": 1,
	"pkg/dynamo": 2, "pkg/httpapi": 2, "pkg/gateway": 2, "pkg/files": 2, "pkg/queue": 2, "pkg/trigger": 2,
	"pkg/scheduler": 2,
	"pkg/invoke":    2, "pkg/config": 2, "pkg/logging": 2, "pkg/awsclient": 2,
	"pkg/seal": 2, "pkg/webhook": 2,
	"functions/api": 3, "functions/import-parse": 3, "functions/import-write": 3, "functions/export": 3,
	"functions/webhooks": 3, "functions/channel-events": 3,
}

const adapterLayer = 2

// listed is what `go list` says of a package.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "../pkg/...", "../functions/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var one listed
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
}

// support says that a package serves tests alone and stands outside the layers.
func support(path string) bool { return strings.HasSuffix(path, "test") }

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if support(name) || name == "pkg" {
			continue
		}
		layer, known := layers[name]
		if !known {
			t.Errorf("%s has no layer: enter it in architecture_test.go and on the map in pkg/README.md", name)
			continue
		}
		for _, imported := range p.Imports {
			inner, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			switch other, known := layers[inner]; {
			case !known:
				t.Errorf("%s imports %s, which has no layer", name, inner)
			case other > layer:
				t.Errorf("%s imports %s, which lies further out", name, inner)
			case other == layer && layer >= adapterLayer:
				t.Errorf("%s imports %s: adapters do not import each other", name, inner)
			}
		}
	}
}

func TestDomainKnowsNeitherAWSNorHTTP(t *testing.T) {
	forbidden := []string{"github.com/aws/", "github.com/danielgtaylor/huma"}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		layer, known := layers[name]
		if !known || layer >= adapterLayer {
			continue
		}
		for _, dep := range p.Deps {
			for _, prefix := range forbidden {
				if strings.HasPrefix(dep, prefix) {
					t.Errorf("%s depends on %s", name, dep)
				}
			}
		}
	}
}

func TestHeavyLibrariesStayWhereTheyAreNeeded(t *testing.T) {
	only := map[string][]string{
		"github.com/nyaruka/phonenumbers":  {"pkg/phone", "functions/api", "functions/import-parse", "functions/webhooks"},
		"github.com/danielgtaylor/huma/v2": {"pkg/httpapi", "functions/api"},
		"github.com/aws/aws-sdk-go-v2/service/kms": {
			"pkg/seal", "functions/api", "functions/webhooks", "functions/channel-events", "functions/import-parse",
		},
	}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		for library, homes := range only {
			if slices.Contains(p.Deps, library) && !slices.Contains(homes, name) && !support(name) {
				t.Errorf("%s links %s, which costs start-up time", name, library)
			}
		}
	}
}

func TestOnePlaceForEach(t *testing.T) {
	rules := []struct {
		what    string
		pattern *regexp.Regexp
		home    *regexp.Regexp
	}{
		{"environment variables are read in pkg/config", regexp.MustCompile(`\bos\.(Getenv|LookupEnv|Environ)\(`), regexp.MustCompile(`^pkg/(config|sheet/sheettest)/`)},
		{"keys are spelled in pkg/dynamo/keys*.go", regexp.MustCompile(`"[^"\n]*(#[A-Z]#|#%d|#imports?\b|#settings\b)[^"\n]*"`), regexp.MustCompile(`^pkg/dynamo/keys\w*\.go$`)},
		{"statuses are chosen in status.go", regexp.MustCompile(`problem\.\w+:\s+http\.Status`), regexp.MustCompile(`^pkg/(httpapi|webhook)/status\.go$`)},
		{"no package of leftovers", regexp.MustCompile(`(?m)^package (util|utils|common|types|models|helpers)$`), regexp.MustCompile(`^$`)},
	}
	eachSource(t, func(path string, text []byte) {
		for _, rule := range rules {
			if found := rule.pattern.Find(text); found != nil && !rule.home.MatchString(path) {
				t.Errorf("%s: %s holds %q", rule.what, path, found)
			}
		}
	})
}

func TestEveryPackageIsOnTheMap(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if name != "pkg" && !bytes.Contains(readme, []byte("`"+name+"`")) {
			t.Errorf("%s is not on the map in pkg/README.md", name)
		}
	}
}

func TestFilesStayReadable(t *testing.T) {
	eachSource(t, func(path string, text []byte) {
		most := 300
		if path == "pkg/dynamo/keys.go" {
			most = 450 // every key there is, in one place
		}
		if lines := bytes.Count(text, []byte("\n")); lines > most {
			t.Errorf("%s has %d lines; %d are the most", path, lines, most)
		}
	})
}

// eachSource visits the Go files of pkg and functions that are no tests.
func eachSource(t *testing.T, visit func(path string, text []byte)) {
	t.Helper()
	for _, root := range []string{"pkg", "functions"} {
		err := filepath.WalkDir(filepath.Join("..", root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			visit(filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator))), text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
