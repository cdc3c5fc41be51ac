// Package checkout knows where things lie in a checkout of the project: its root, and the tools that `make tools` puts there.
package checkout

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Root is the folder of go.mod, at or above the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("run this inside a checkout of the project: there is no go.mod here or above")
		}
		dir = parent
	}
}

// Tools of the local stack, as paths below the root.
const (
	Ministack = ".tools/ministack/bin/python"
	SAM       = ".tools/sam/bin/sam"
	Dynoxide  = ".tools/node_modules/@dynoxide/linux-x64/dynoxide"
	// DynamoDBLocal is the folder of AWS's DynamoDB Local.
	DynamoDBLocal = ".tools/dynamodb-local"
)

// MinistackScript starts ministack. Small answers would wait for the peer's delayed ACK (Nagle's algorithm): a warm
// call takes 7 ms like this, 52 ms otherwise.
const MinistackScript = `import socketserver
socketserver.StreamRequestHandler.disable_nagle_algorithm = True
import ministack.app; ministack.app.main()`

// Tool returns the path of an installed tool, or an error that says how to install it.
func Tool(tool string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, tool)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not installed; run `make tools`, with the DYNAMODB that you use", tool)
	}
	return path, nil
}
