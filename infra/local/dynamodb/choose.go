// Package dynamodb runs the DynamoDB server of the local stack and of the storage tests: dynoxide, a native process
// over one SQLite file, where it is built for the machine; else AWS's own DynamoDB Local, where there is Java; else
// the one of the AWS emulator.
package dynamodb

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// Kind is a DynamoDB server that can be run.
type Kind string

// The kinds of servers, as DYNAMODB names them.
const (
	Dynoxide  Kind = "dynoxide"
	Local     Kind = "dynamodb-local"
	Ministack Kind = "ministack"
)

// minJava is the oldest Java that DynamoDB Local runs on.
const minJava = 17

// Choice is the server to use. Why is a sentence for people where it is not the usual one, and nobody asked for it.
type Choice struct {
	Kind Kind
	Why  string
}

// Choose returns the server that the environment variable DYNAMODB names, else the best that this machine can run.
func Choose() (Choice, error) {
	return choose(os.Getenv("DYNAMODB"), runtime.GOOS, runtime.GOARCH, javaVersion)
}

func choose(given, system, architecture string, java func() int) (Choice, error) {
	switch kind := Kind(given); kind {
	case Dynoxide, Local, Ministack:
		return Choice{Kind: kind}, nil
	case "":
	default:
		return Choice{}, fmt.Errorf("DYNAMODB is %q; give %s, %s or %s, or leave it out", given, Dynoxide, Local, Ministack)
	}
	if system == "linux" && architecture == "amd64" {
		return Choice{Kind: Dynoxide}, nil
	}
	machine := system + "/" + architecture
	if java() >= minJava {
		return Choice{Local, fmt.Sprintf("DynamoDB: DynamoDB Local, as dynoxide is built for linux/amd64 and not for %s "+
			"(DYNAMODB=%s|%s chooses)", machine, Local, Ministack)}, nil
	}
	return Choice{Ministack, fmt.Sprintf("DynamoDB: the emulator's own, as dynoxide is built for linux/amd64 and not for %s, and "+
		"DynamoDB Local needs a JDK of version %d or later (DYNAMODB=%s|%s chooses)", machine, minJava, Local, Ministack)}, nil
}

// javaVersion is the major version of the JDK that there is; 0 without one.
func javaVersion() int {
	said, err := exec.Command("javac", "-version").CombinedOutput()
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(said)) // javac 17.0.15
	if len(fields) < 2 {
		return 0
	}
	major, _, _ := strings.Cut(fields[len(fields)-1], ".")
	version, _ := strconv.Atoi(major)
	return version
}
