// Package sheettest holds what the tests of all readers share: files that somebody made to be slow, and how slow they
// may be.
package sheettest

import (
	"math"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Ratio is how many times what a plain file takes any file of the same size may take.
const Ratio = 20

// attempts is how often a reading is timed before it is called slow: the machine may be busy with something else.
const attempts = 4

// Bytes is the size of the files that are compared: a megabyte, or what FAULT_READER_BYTES says. Less says nothing,
// as the plain file is then read in the time that the clock is wrong by.
func Bytes(t testing.TB) int {
	t.Helper()
	given := os.Getenv("FAULT_READER_BYTES")
	if given == "" {
		return 1 << 20
	}
	size, err := strconv.Atoi(given)
	if err != nil || size < 1<<18 {
		t.Fatalf("FAULT_READER_BYTES is %q; give a number of bytes, 262144 or more", given)
	}
	return size
}

// Patterns is how many patterns by chance a test tries: 20, or what FAULT_READER_PATTERNS says.
func Patterns(t testing.TB) int {
	t.Helper()
	given := os.Getenv("FAULT_READER_PATTERNS")
	if given == "" {
		return 20
	}
	count, err := strconv.Atoi(given)
	if err != nil || count < 1 {
		t.Fatalf("FAULT_READER_PATTERNS is %q; give a number of patterns, 1 or more", given)
	}
	return count
}

// Pace is what reading a plain file takes, in time of the processor: however busy the machine is, others' work is not
// counted.
type Pace struct{ plain time.Duration }

// Measure reads a plain file some times and takes the fastest.
func Measure(read func()) Pace {
	fastest := time.Duration(math.MaxInt64)
	for range attempts {
		fastest = min(fastest, timed(read))
	}
	return Pace{fastest}
}

// Check fails the test when reading another file of the same size takes more than Ratio times as long each time that
// it is tried.
func (p Pace) Check(t testing.TB, what string, read func()) {
	t.Helper()
	fastest := time.Duration(math.MaxInt64)
	for range attempts {
		if fastest = min(fastest, timed(read)); fastest <= Ratio*p.plain {
			t.Logf("%s: %.1f times a plain file", what, float64(fastest)/float64(p.plain))
			return
		}
	}
	t.Errorf(
		"%s: %v, %.0f times the %v of a plain file; at most %d times are allowed",
		what,
		fastest,
		float64(fastest)/float64(p.plain),
		p.plain,
		Ratio,
	)
}

func timed(read func()) time.Duration {
	runtime.GC() // of what another reading left
	before := used()
	read()
	return used() - before
}

// used is how much time of the processor this process has had, its garbage collector included.
func used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
