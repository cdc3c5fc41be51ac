package stack

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/dynamodb"
	"github.com/occ/contacts/infra/local/process"
)

// Name is the name of the stack; functions, tables and queues begin with it.
const Name = "contacts"

// Options say how to run a local stack.
type Options struct {
	// Port is that of the API; the AWS emulator takes the next one, DynamoDB the one after. 0 takes free ones.
	Port int
	// DataDir holds the data; required. Two stacks cannot run on one folder.
	DataDir string
	// DynamoDB is a kind of package dynamodb, ministack being the emulator's own, or the URL of another server. With
	// "" it is the one that the environment variable DYNAMODB names, else the best that this machine can run.
	DynamoDB string
	// AuthEnforced makes the emulator refuse what a function's role does not allow. It knows only its own DynamoDB, which is
	// then the one meant by "".
	AuthEnforced bool
	// Params are further template parameters, Name -> Value.
	Params map[string]string
	// Log takes progress and the functions' logs; nil drops them. The servers' own output lies in DataDir.
	Log io.Writer
}

// complete fills in what was left out.
func (o Options) complete() (Options, error) {
	if o.DataDir == "" {
		return o, errors.New("a local stack needs a folder for its data")
	}
	var err error
	if o.DataDir, err = filepath.Abs(o.DataDir); err != nil {
		return o, err
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.DynamoDB == "" && o.AuthEnforced {
		o.DynamoDB = string(dynamodb.Ministack)
	}
	if o.DynamoDB != "" {
		return o, nil
	}
	choice, err := dynamodb.Choose()
	if choice.Why != "" {
		_, _ = fmt.Fprintln(o.Log, choice.Why)
	}
	o.DynamoDB = string(choice.Kind)
	return o, err
}

// ports are the three addresses of a stack.
type ports struct{ api, emulator, dynamodb int }

func (o Options) ports() (ports, error) {
	first := o.Port
	if first == 0 {
		free, err := process.FreePort(3)
		return ports{free, free + 1, free + 2}, err
	}
	p := ports{first, first + 1, first + 2}
	needed := []int{p.api, p.emulator}
	if o.ownServer() {
		needed = append(needed, p.dynamodb)
	}
	for _, port := range needed {
		if err := process.CheckFree(port); err != nil {
			return p, err
		}
	}
	return p, nil
}

// ownServer reports whether the stack runs a DynamoDB server beside the emulator.
func (o Options) ownServer() bool {
	return o.DynamoDB == string(dynamodb.Dynoxide) || o.DynamoDB == string(dynamodb.Local)
}

func url(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

// Root is the folder of the checkout.
func Root() (string, error) { return checkout.Root() }

func (o Options) path(parts ...string) string {
	return filepath.Join(append([]string{o.DataDir}, parts...)...)
}
