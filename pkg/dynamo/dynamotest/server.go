// Package dynamotest gives tests a real DynamoDB endpoint: one dynoxide process a test binary, and for each test a fresh set of
// the tables of template.yaml, so that their schema stands in one place. It serves tests alone.
//
//	func TestMain(m *testing.M) { os.Exit(dynamotest.Run(m)) }
package dynamotest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// dynoxide is where the tools lie in a checkout.
const dynoxide = ".tools/node_modules/@dynoxide/*/dynoxide"

// endpoint is the server's address while Run runs.
var endpoint string

// Run starts the server, runs the tests and stops the server; it returns the exit code.
func Run(m *testing.M) int {
	stop, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dynamotest:", err)
		return 1
	}
	defer stop()
	return m.Run()
}

// start runs dynoxide on a free port of 127.0.0.1, in memory: the tests' data goes with it.
func start() (stop func(), err error) {
	binary, err := executable()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	server := exec.Command(binary, "--host", "127.0.0.1", "--port", fmt.Sprint(port)) //nolint:gosec // our own tool
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread() // Pdeathsig follows the thread that started the child: keep it to the end
		started <- server.Start()
		_ = server.Wait() // it is killed in the end
		close(ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	stop = func() {
		_ = server.Process.Kill()
		<-ended
	}
	endpoint = fmt.Sprintf("http://127.0.0.1:%d", port)
	if err := ready(ended); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// executable is the dynoxide that the checkout's tools hold.
func executable() (string, error) {
	root, err := checkout()
	if err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(root, dynoxide))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("there is no %s: `make tools` installs it", dynoxide)
	}
	return found[len(found)-1], nil
}

// checkout is the folder of go.mod above the package under test.
func checkout() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); !errors.Is(err, fs.ErrNotExist) {
			return dir, err
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close() //nolint:errcheck // nothing was written
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// ready waits until the server answers anything at all.
func ready(ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, http.NoBody)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			return answer.Body.Close()
		}
		select {
		case <-ctx.Done():
			return errors.New("dynoxide does not answer")
		case <-ended:
			return errors.New("dynoxide ended at once")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
