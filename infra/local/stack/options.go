package stack

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/process"
)

// Name is the name of the stack; functions, tables and queues begin with it.
const Name = "contacts"

// Options say how to run a local stack.
type Options struct {
	// Port is that of the API; the AWS emulator takes the next one, DynamoDB the one after. 0 takes free ones.
	Port int
	// DataDir holds the data; required. Stacks of one folder must not run at once.
	DataDir string
	// DynamoDB is "" for dynoxide, "ministack" for the emulator's own, or the URL of another DynamoDB server.
	DynamoDB string
	// EnforceIAM makes the emulator refuse what a function's role does not allow.
	EnforceIAM bool
	// Params are further template parameters, Name -> Value.
	Params map[string]string
	// Log takes progress and the functions' logs. ServerLog takes the output of the servers; nil keeps it in DataDir.
	Log io.Writer
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
	for _, port := range []int{p.api, p.emulator, p.dynamodb} {
		if err := process.CheckFree(port); err != nil {
			return p, err
		}
	}
	return p, nil
}

func url(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

// Root is the folder of the checkout.
func Root() (string, error) { return checkout.Root() }

// ParseParams reads template parameters as PARAMS gives them: Name=Value, separated by spaces; a value with spaces in quotes.
func ParseParams(text string) (map[string]string, error) {
	params := map[string]string{}
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		name, after, found := strings.Cut(rest, "=")
		if !found || name == "" || strings.ContainsAny(name, " \"'") {
			return nil, fmt.Errorf("PARAMS: write Name=Value, separated by spaces, at %q", rest)
		}
		value := after
		if strings.HasPrefix(after, `"`) {
			if value, rest, found = strings.Cut(after[1:], `"`); !found {
				return nil, fmt.Errorf("PARAMS: the quote of %s is never closed", name)
			}
		} else {
			value, rest, _ = strings.Cut(after, " ")
		}
		params[name] = value
	}
	return params, nil
}

func (o Options) path(parts ...string) string {
	return filepath.Join(append([]string{o.DataDir}, parts...)...)
}
