package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/infra/local/stack"
)

// parseMemory reports the most memory that import-parse holds while it reads a file of 5 MB.
func parseMemory(ctx context.Context, local *stack.Stack) error {
	const rows, size = 9_900, 5 << 20
	var file bytes.Buffer
	file.WriteString("name,email,phone,notes\n")
	for row := range rows {
		person := fmt.Sprintf("Person%04d Tester,person%d@example.com,+2010%08d,", row, row, row)
		file.WriteString(person + strings.Repeat("x", (size-64)/rows-len(person)-1) + "\n")
	}
	watched, stop := context.WithCancel(ctx)
	peak := make(chan int, 1)
	go func() { peak <- watchPeak(watched, "contacts-import-parse") }()
	_, err := importFile(ctx, local, "memory", file.Bytes(), rows)
	stop()
	if err != nil {
		return err
	}
	fmt.Printf("import-parse of %.1f MB: %.0f MB resident at most (under 64)\n", float64(file.Len())/(1<<20), float64(<-peak)/1024)
	return nil
}

// watchPeak returns the highest VmHWM, in KiB, of the processes that run a function.
func watchPeak(ctx context.Context, function string) int {
	highest := 0
	for {
		for _, process := range faults.Processes(function, "") { // of any stack: there is one
			highest = max(highest, highWater(process))
		}
		select {
		case <-ctx.Done():
			return highest
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func highWater(process int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.Atoi(fields[0])
	return kilobytes
}
