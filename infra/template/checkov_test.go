package template

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/occ/contacts/infra/local/checkout"
)

// What checkov does not check has its reason in infra/checkov.md, and nothing else stands there.
func TestEveryCheckThatIsSkippedHasItsReason(t *testing.T) {
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(filepath.Join(root, ".checkov.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	reasons, err := os.ReadFile(filepath.Join(root, "infra/checkov.md"))
	if err != nil {
		t.Fatal(err)
	}
	var checkov struct {
		Skip []string `yaml:"skip-check"`
	}
	if err := yaml.Unmarshal(settings, &checkov); err != nil {
		t.Fatal(err)
	}
	var explained []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(CKV\\w+)` \\|.*\\|.*\\| .{60,} \\|$").FindAllSubmatch(reasons, -1) {
		explained = append(explained, string(row[1]))
	}
	if slices.Sort(checkov.Skip); len(checkov.Skip) == 0 {
		t.Fatal("checkov skips nothing")
	}
	if slices.Sort(explained); !slices.Equal(checkov.Skip, explained) {
		t.Errorf("checkov skips %q; infra/checkov.md explains %q", checkov.Skip, explained)
	}
}
