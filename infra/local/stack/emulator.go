package stack

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/process"
)

// emulatorStart is how long ministack may take to listen; a second is usual.
const emulatorStart = 60 * time.Second

// emulator is ministack, which can be stopped and started again on the same data.
type emulator struct {
	options  Options
	port     int
	dynamodb string         // "" for its own
	child    *process.Child // nil while it is stopped
}

func (e *emulator) start() error {
	python, err := checkout.Tool(checkout.Ministack)
	if err != nil {
		return err
	}
	// What a killed emulator left there serves nobody.
	if err := os.RemoveAll(e.options.path("tmp")); err != nil {
		return err
	}
	if err := os.MkdirAll(e.options.path("tmp"), 0o755); err != nil { //nolint:gosec // a developer's own data
		return err
	}
	log, err := os.OpenFile(e.options.path("ministack.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // a log
	if err != nil {
		return err
	}
	defer log.Close()                                           //nolint:errcheck // the child has its own
	cmd := exec.Command(python, "-c", checkout.MinistackScript) //nolint:gosec // our own tool
	cmd.Dir, cmd.Stdout, cmd.Stderr = e.options.DataDir, log, log
	cmd.Env = e.environment()
	if e.child, err = process.Start("ministack", cmd); err != nil {
		return err
	}
	if err := e.child.Listen(fmt.Sprintf("127.0.0.1:%d", e.port), emulatorStart); err != nil {
		e.kill()
		return fmt.Errorf("%w\n%s", err, lastLines(log.Name()))
	}
	return nil
}

// environment is also that of the functions, which the emulator runs as its children.
func (e *emulator) environment() []string {
	more := append(credentialsFor(url(e.port)),
		"GATEWAY_PORT="+strconv.Itoa(e.port), "BIND_HOST=127.0.0.1", "MINISTACK_HOST=127.0.0.1", "IOT_MTLS_ENABLED=0", "LOG_LEVEL=WARNING",
		"PERSIST_STATE=1", "STATE_DIR="+e.options.path("state"), "S3_PERSIST=1", "S3_DATA_DIR="+e.options.path("s3"),
		"TMPDIR="+e.options.path("tmp"), "AWS_LAMBDA_LOG_FORMAT=JSON")
	if e.dynamodb != "" {
		more = append(more, "AWS_ENDPOINT_URL_DYNAMODB="+e.dynamodb)
	}
	if e.options.AuthEnforced {
		more = append(more, "AUTH=true")
	}
	return childEnvironment(more...)
}

// stop ends the emulator cleanly, upon which it writes its state.
func (e *emulator) stop() {
	if e.child != nil {
		e.child.Stop()
		e.child = nil
	}
}

// kill ends it at once, as a crash would.
func (e *emulator) kill() {
	if e.child != nil {
		e.child.Kill()
		e.child = nil
	}
}

// lastLines are the end of a log, for an error's text.
func lastLines(path string) string {
	const enough = 2_000
	file, err := os.Open(path) //nolint:gosec // our own log
	if err != nil {
		return ""
	}
	defer file.Close() //nolint:errcheck // only read
	if info, err := file.Stat(); err == nil && info.Size() > enough {
		_, _ = file.Seek(-enough, io.SeekEnd)
	}
	text, _ := io.ReadAll(file)
	return string(text)
}
