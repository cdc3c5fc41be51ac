// Package process runs the servers of the local stack as children that cannot outlive it: on Linux the kernel ends
// them even when the launcher is killed. Elsewhere a launcher that is killed leaves them, and the next start names
// the taken port.
package process

import (
	"context"
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
	cmd.SysProcAttr = attributes()
	cmd.WaitDelay = time.Second // a grandchild that outlives the child may hold its output open
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

// Run runs a command to its end. When the context ends first, the command and all that it started are killed.
func Run(ctx context.Context, name string, cmd *exec.Cmd) error {
	child, err := Start(name, cmd)
	if err != nil {
		return err
	}
	select {
	case <-child.Ended():
		return child.Err()
	case <-ctx.Done():
		child.Kill()
		return ctx.Err()
	}
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
