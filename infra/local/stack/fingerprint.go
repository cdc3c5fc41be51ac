package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// deployedFrom are the parts of the checkout that a deployment is made of.
var deployedFrom = []string{"template.yaml", "go.mod", "go.sum", "functions", "pkg"}

// fingerprint tells apart whatever would deploy differently: sources, template, parameters, compiler, build flags.
func fingerprint(root string, params map[string]string) (string, error) {
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, runtime.Version(), BuildFlags, params)
	for _, place := range deployedFrom {
		err := filepath.WalkDir(filepath.Join(root, place), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !deployed(path) {
				return err
			}
			return addFile(sum, root, path)
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// deployed says that a file becomes part of a function; tests and documents do not.
func deployed(path string) bool {
	return !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, ".md")
}

func addFile(sum hash.Hash, root, path string) error {
	content, err := os.ReadFile(path) //nolint:gosec // below the root
	if err != nil {
		return err
	}
	name, err := filepath.Rel(root, path)
	_, _ = fmt.Fprintf(sum, "%q %x\n", name, sha256.Sum256(content))
	return err
}
