package process

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"
)

// Free ports are looked for below the range that the kernel gives to outgoing connections, so that no client takes one
// between the search and the server's start.
const (
	firstFreePort = 20_000
	lastFreePort  = 32_000
)

// FreePort returns the first of n free neighbouring ports of the loopback interface.
func FreePort(n int) (int, error) {
	for range 1000 {
		first := firstFreePort + rand.IntN(lastFreePort-firstFreePort) //nolint:gosec // no secret
		if allFree(first, n) {
			return first, nil
		}
	}
	return 0, errors.New("no free ports on 127.0.0.1")
}

func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		if listen(port) != nil {
			return false
		}
	}
	return true
}

// CheckFree says that nobody listens on a port of the loopback interface, or what to do about it. A server that is being killed
// gets a moment to go.
func CheckFree(port int) error {
	var err error
	for range 20 {
		if err = listen(port); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("port %d is taken (is the stack running already?); stop what uses it, or choose another with PORT=: %w", port, err)
}

func listen(port int) error {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	return listener.Close()
}
