package dynamodb

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

// startPatience is how long a server may take to listen. Java takes some seconds on a busy machine.
const startPatience = time.Minute

// Start serves the data of a folder on a port; 0 takes a free one. The server's own output goes to log. Data of
// dynoxide and of DynamoDB Local is on disk when it is acknowledged; that of ministack is gone with the process.
func Start(kind Kind, dir string, port int, log io.Writer) (*Server, error) {
	if port == 0 {
		var err error
		if port, err = process.FreePort(1); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // a developer's own data
		return nil, err
	}
	cmd, err := command(kind, dir, port)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	child, err := process.Start(string(kind), cmd)
	if err != nil {
		return nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	if err := child.Listen(address, startPatience); err != nil {
		child.Kill()
		return nil, err
	}
	return &Server{child, "http://" + address}, nil
}

// command starts a server that listens on the loopback interface alone.
func command(kind Kind, dir string, port int) (*exec.Cmd, error) {
	switch kind {
	case Dynoxide:
		binary, err := checkout.Tool(checkout.Dynoxide)
		if err != nil {
			return nil, err
		}
		return exec.Command(binary, "--host", "127.0.0.1", "--port", strconv.Itoa(port), //nolint:gosec // our own tool
			"--db-path", filepath.Join(dir, "dynamodb.sqlite")), nil
	case Local:
		jars, err := checkout.Tool(checkout.DynamoDBLocal)
		if err != nil {
			return nil, err
		}
		return exec.Command("java", "-Xmx1g", "-cp", filepath.Join(jars, "*")+string(os.PathListSeparator)+jars, //nolint:gosec // our own tool
			"Loopback", "-port", strconv.Itoa(port), "-sharedDb", "-dbPath", dir, "-disableTelemetry"), nil
	case Ministack:
		return ministack(dir, port)
	default:
		return nil, fmt.Errorf("there is no DynamoDB server %q", kind)
	}
}

// ministack runs the AWS emulator for its DynamoDB alone, as storage tests do. The local stack has its own.
func ministack(dir string, port int) (*exec.Cmd, error) {
	python, err := checkout.Tool(checkout.Ministack)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, "-c", checkout.MinistackScript) //nolint:gosec // our own tool
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GATEWAY_PORT="+strconv.Itoa(port), "BIND_HOST=127.0.0.1", "IOT_MTLS_ENABLED=0",
		"LOG_LEVEL=WARNING", "PERSIST_STATE=0", "STATE_DIR="+filepath.Join(dir, "state"))
	return cmd, nil
}
