// Package process runs the servers of the local stack as children that cannot outlive it: even when the launcher is
// killed, the kernel ends them (Pdeathsig).
package process

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Child is a running server.
type Child struct {
	name  string
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // once ended is closed
}

// Start runs a command. The parent-death signal is tied to the thread that started the child, so that thread is kept for
// it until it ends.
func Start(name string, cmd *exec.Cmd) (*Child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	child := &Child{name: name, cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			child.err = cmd.Wait()
			close(child.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return child, nil
}

// Ended is closed when the child has ended, for whatever reason.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Err is how the child ended, once it has.
func (c *Child) Err() error { return c.err }

// stopTime is how long a child may take to end by itself.
const stopTime = 20 * time.Second

// Stop asks the child to end, and makes it end when it does not. The group goes too, so that no process of a child remains.
func (c *Child) Stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
	case <-time.After(stopTime):
	}
	c.Kill()
}

// Kill ends the child and its group at once, as a crash would.
func (c *Child) Kill() {
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	<-c.ended
}

// Listen waits until the child accepts connections on a loopback address.
func (c *Child) Listen(address string, patience time.Duration) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-c.ended:
			return fmt.Errorf("%s ended before it listened on %s: %w", c.name, address, errors.Join(c.err, io.ErrUnexpectedEOF))
		default:
		}
	}
	return fmt.Errorf("%s does not listen on %s after %s", c.name, address, patience)
}

// FreePort returns the first of n free neighbouring ports of the loopback interface.
func FreePort(n int) (int, error) {
	for range 100 {
		probe, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		first := probe.Addr().(*net.TCPAddr).Port
		_ = probe.Close()
		if first+n < 65536 && allFree(first, n) {
			return first, nil
		}
	}
	return 0, errors.New("no free ports on 127.0.0.1")
}

func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		if CheckFree(port) != nil {
			return false
		}
	}
	return true
}

// CheckFree says that nobody listens on a port, or what to do about it.
func CheckFree(port int) error {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("port %d is taken (is the stack running already?); stop what uses it, or choose another with PORT=: %w", port, err)
	}
	return listener.Close()
}
