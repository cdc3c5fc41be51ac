// Package dynoxide runs the DynamoDB server of the local stack and of the storage tests: one native process over one
// SQLite file, so that what it acknowledged survives a kill.
package dynoxide

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/process"
)

// Server is a running DynamoDB endpoint.
type Server struct {
	*process.Child
	Endpoint string // http://127.0.0.1:port
}

// Start serves the database file on a port; 0 takes a free one. The server's own output goes to log.
func Start(file string, port int, log io.Writer) (*Server, error) {
	binary, err := checkout.Tool(checkout.Dynoxide)
	if err != nil {
		return nil, err
	}
	if port == 0 {
		if port, err = process.FreePort(1); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // a developer's own data
		return nil, err
	}
	cmd := exec.Command(binary, "--host", "127.0.0.1", "--port", strconv.Itoa(port), "--db-path", file) //nolint:gosec // our own tool
	cmd.Stdout, cmd.Stderr = log, log
	child, err := process.Start("dynoxide", cmd)
	if err != nil {
		return nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	if err := child.Listen(address, 10*time.Second); err != nil {
		child.Kill()
		return nil, err
	}
	return &Server{child, "http://" + address}, nil
}
