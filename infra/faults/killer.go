package faults

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Processes are the ids of the processes that run a function, by the environment that the runtime gave them. Home is a folder that
// stands in their environment too: that of their stack, so that no other stack's are found; empty for any.
func Processes(function, home string) []int {
	var found []int
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, directory := range all {
		environment, err := os.ReadFile(filepath.Join(directory, "environ")) //nolint:gosec // of our own processes
		if err != nil || !bytes.Contains(environment, []byte("AWS_LAMBDA_FUNCTION_NAME="+function+"\x00")) || !bytes.Contains(environment, []byte(home)) {
			continue
		}
		if id, err := strconv.Atoi(filepath.Base(directory)); err == nil {
			found = append(found, id)
		}
	}
	return found
}

// Killer kills workers, as a crash would.
type Killer struct{ killed atomic.Int64 }

// Killed is how many died so far.
func (k *Killer) Killed() int { return int(k.killed.Load()) }

func (k *Killer) kill(process int) {
	if syscall.Kill(process, syscall.SIGKILL) == nil {
		k.killed.Add(1)
	}
}

// Random kills one process of one of the functions at random moments, about every pause, until the context ends.
func (k *Killer) Random(ctx context.Context, seed uint64, pause time.Duration, home string, functions ...string) {
	random := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // the same for a seed
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause/2 + time.Duration(random.Int64N(int64(pause)))):
		}
		processes := Processes(functions[random.IntN(len(functions))], home)
		if len(processes) > 0 {
			k.kill(processes[random.IntN(len(processes))])
		}
	}
}

// Kill ends all processes of a function of a stack.
func Kill(function, home string) {
	for _, process := range Processes(function, home) {
		_ = syscall.Kill(process, syscall.SIGKILL)
	}
}

// Poison kills every process that writes a value to DynamoDB, until stop is called.
func (k *Killer) Poison(p *Proxy, value string) (stop func()) {
	return p.Watch(func(body []byte, client net.Addr) {
		if !bytes.Contains(body, []byte(value)) || !bytes.Contains(body, []byte("TransactItems")) {
			return
		}
		address, ok := client.(*net.TCPAddr)
		if !ok {
			return
		}
		if process := owner(address.Port); process > 0 {
			k.kill(process)
			panic(http.ErrAbortHandler) // nobody is left to answer
		}
	})
}

// owner is the process that has a connection from a port of the loopback interface; 0 when it is gone.
func owner(port int) int {
	inode := socketOf(port)
	if inode == "" {
		return 0
	}
	all, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, descriptor := range all {
		if target, err := os.Readlink(descriptor); err == nil && target == "socket:["+inode+"]" {
			id, _ := strconv.Atoi(strings.Split(descriptor, "/")[2]) // the glob says digits
			return id
		}
	}
	return 0
}

// socketOf is the inode of the socket that a client's port belongs to.
func socketOf(port int) string {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(table) //nolint:gosec // the kernel's
		for line := range strings.SplitSeq(string(text), "\n") {
			fields := strings.Fields(line)
			if len(fields) > 9 && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) && fields[9] != "0" {
				return fields[9]
			}
		}
	}
	return ""
}
