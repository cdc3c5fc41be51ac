// Package dynamotest gives tests a real DynamoDB endpoint: one server a test binary, and for each test a fresh set of
// the tables of template.yaml, so that their schema stands in one place. It serves tests alone, so it may use infra/local,
// which the code under test may not.
//
//	func TestMain(m *testing.M) { os.Exit(dynamotest.Run(m)) }
package dynamotest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/occ/contacts/infra/local/dynamodb"
)

// endpoint is the server's address while Run runs.
var endpoint string

// startTries covers the moment in which another test's server may take the port that was found free.
const startTries = 3

// Run starts the server, runs the tests and stops the server; it returns the exit code.
func Run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dynamotest-")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it lies in the temporary folder
	choice, err := dynamodb.Choose()
	if err != nil {
		return failed(err)
	}
	if choice.Why != "" {
		fmt.Fprintln(os.Stderr, choice.Why)
	}
	for try := 1; ; try++ {
		server, err := dynamodb.Start(choice.Kind, filepath.Join(dir, fmt.Sprint(try)), 0, os.Stderr)
		if err == nil {
			defer server.Kill()
			endpoint = server.Endpoint
			return m.Run()
		}
		if try == startTries {
			return failed(err)
		}
	}
}

// Endpoint is the address of the server, for what stands in front of it.
func Endpoint() string { return endpoint }

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "dynamotest:", err)
	return 1
}
