package process_test

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/infra/local/process"
)

func TestATakenPortIsNamedWithTheRemedy(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // only listened
	port := taken.Addr().(*net.TCPAddr).Port
	err = process.CheckFree(port)
	if err == nil || !strings.Contains(err.Error(), strconv.Itoa(port)) || !strings.Contains(err.Error(), "PORT=") {
		t.Errorf("CheckFree of a taken port: %v; want the port and the remedy", err)
	}
}

func TestFreePortsAreNeighbours(t *testing.T) {
	first, err := process.FreePort(3)
	if err != nil {
		t.Fatal(err)
	}
	for port := first; port < first+3; port++ {
		if err := process.CheckFree(port); err != nil {
			t.Error(err)
		}
	}
}

func TestRunEndsWithItsContextAndTakesGrandchildrenAlong(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := net.Pipe()
	defer reader.Close() //nolint:errcheck // only read
	cmd := exec.Command("sh", "-c", "sleep 600 & echo $!; wait")
	cmd.Stdout = writer
	ended := make(chan error, 1)
	go func() { ended <- process.Run(ctx, "sh", cmd) }()
	line := make([]byte, 32)
	n, err := reader.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want that the context ended it", err)
	}
	grandchild := strings.TrimSpace(string(line[:n]))
	for exec.Command("sh", "-c", "kill -0 "+grandchild+" && ! grep -q '^State:.Z' /proc/"+grandchild+"/status").Run() == nil {
		time.Sleep(10 * time.Millisecond) // killed, but perhaps not yet gone; go test's own time-out bounds it
	}
}

func TestACommandThatIsMissingIsAnError(t *testing.T) {
	if _, err := process.Start("nothing", exec.Command("/no/such/command")); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("Start of a missing command: %v", err)
	}
}
