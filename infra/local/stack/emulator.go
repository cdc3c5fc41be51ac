package stack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/process"
)

// emulatorScript starts ministack. Small answers would wait for the peer's delayed ACK (Nagle's algorithm): a warm call takes
// 7 ms like this, 52 ms otherwise.
const emulatorScript = `import socketserver
socketserver.StreamRequestHandler.disable_nagle_algorithm = True
import ministack.app; ministack.app.main()`

// emulator is a running ministack, and how to start it again.
type emulator struct {
	*process.Child
	start func() (*process.Child, error)
}

func startEmulator(options Options, port int, dynamodb string) (*emulator, error) {
	python, err := checkout.Tool(checkout.Ministack)
	if err != nil {
		return nil, err
	}
	data, err := filepath.Abs(options.DataDir)
	if err != nil {
		return nil, err
	}
	start := func() (*process.Child, error) {
		log, err := os.OpenFile(filepath.Join(data, "ministack.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // a log
		if err != nil {
			return nil, err
		}
		defer log.Close()                                 //nolint:errcheck // the child has its own
		cmd := exec.Command(python, "-c", emulatorScript) //nolint:gosec // our own tool
		cmd.Dir, cmd.Stdout, cmd.Stderr = data, log, log
		cmd.Env = emulatorEnvironment(options, data, port, dynamodb)
		child, err := process.Start("ministack", cmd)
		if err != nil {
			return nil, err
		}
		if err := child.Listen(fmt.Sprintf("127.0.0.1:%d", port), 60*time.Second); err != nil {
			child.Kill()
			return nil, fmt.Errorf("%w; see %s", err, log.Name())
		}
		return child, nil
	}
	child, err := start()
	return &emulator{child, start}, err
}

// restart stops the emulator cleanly, which writes its state, and starts it again.
func (e *emulator) restart() (err error) {
	e.Child.Stop()
	e.Child, err = e.start()
	return err
}

// Stop and Kill are the child's; they are named for end.
func (e *emulator) Stop() { e.Child.Stop() }

// Kill ends the emulator at once.
func (e *emulator) Kill() { e.Child.Kill() }

// emulatorEnvironment is also that of the functions, which the emulator runs as its children.
func emulatorEnvironment(options Options, data string, port int, dynamodb string) []string {
	var environment []string
	for _, variable := range os.Environ() {
		// A CA bundle costs every function 6 ms at its start; other AWS settings are ours to make.
		if !strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, "LOG_LEVEL=") {
			environment = append(environment, variable)
		}
	}
	environment = append(environment,
		"GATEWAY_PORT="+strconv.Itoa(port), "BIND_HOST=127.0.0.1", "MINISTACK_HOST=127.0.0.1", "IOT_MTLS_ENABLED=0", "LOG_LEVEL=WARNING",
		"PERSIST_STATE=1", "STATE_DIR="+filepath.Join(data, "state"), "S3_PERSIST=1", "S3_DATA_DIR="+filepath.Join(data, "s3"),
		"AWS_ENDPOINT_URL="+url(port), "AWS_ENDPOINT_URL_DYNAMODB="+dynamodb, "AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+accessKey, "AWS_DEFAULT_REGION="+Region, "AWS_REGION="+Region)
	if options.EnforceIAM {
		environment = append(environment, "AUTH=true")
	}
	return environment
}
