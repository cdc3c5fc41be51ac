// Command local runs the service on one machine and does what an admin would do to it: see `make help`.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/occ/contacts/infra/local/dynamodb"
	"github.com/occ/contacts/infra/local/sample"
	"github.com/occ/contacts/infra/local/stack"
)

// flags of all commands; each uses its own.
type flags struct {
	workspace, role, email, file, sample, stack, at, origin, rows string
	confirm, abandon                                              bool
}

var commands = map[string]func(ctx context.Context, f flags) error{
	"run": run, "token": token, "env": environment, "drop": drop, "reset": reset, "redrive": redrive, "user": user, "verify": verify,
	"webhook": webhook, "restore": restoreTables, "smoke": smokeTest,
	"sample": func(_ context.Context, f flags) error { return writeSample(os.Stdout, f.rows) },
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: local run|token|env|sample|drop|reset|redrive|restore|smoke|user|verify|webhook [flags]; see `make help`")
		os.Exit(2)
	}
	var f flags
	set := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	set.StringVar(&f.workspace, "workspace", "demo", "the workspace")
	set.StringVar(&f.role, "role", "admin", "agent or admin")
	set.StringVar(&f.email, "email", "", "e-mail of the user")
	set.StringVar(&f.file, "file", "people.csv", "file to upload")
	set.StringVar(&f.sample, "sample", "", "sample of webhooks to post; empty for all of them")
	set.StringVar(&f.stack, "stack", "", "a stack on AWS; empty for the local one")
	set.StringVar(&f.at, "at", "", "the second to set the tables back to, RFC 3339")
	set.StringVar(&f.origin, "origin", "http://localhost:5173", "a web origin that may call the API; empty leaves the preflight out")
	set.BoolVar(&f.confirm, "confirm", false, "go on to replace the tables")
	set.BoolVar(&f.abandon, "abandon", false, "undo what a restore has prepared")
	set.StringVar(&f.rows, "rows", "10000", "rows of the sample")
	_ = set.Parse(os.Args[2:]) // exits by itself

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := commands[os.Args[1]](ctx, f)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// writeSample writes a file of made-up people.
func writeSample(w io.Writer, text string) error {
	rows, err := strconv.Atoi(text)
	if err != nil || rows < 1 || rows > sample.MaxRows {
		return fmt.Errorf("ROWS is a whole number from 1 on, at most %d, not %q", sample.MaxRows, text)
	}
	return sample.Write(w, rows)
}

// run keeps the stack up until it is told to stop.
func run(ctx context.Context, _ flags) error {
	port, err := port()
	if err != nil {
		return err
	}
	params, err := stack.ParseParams(os.Getenv("PARAMS"))
	if err != nil {
		return err
	}
	local, err := stack.Start(ctx, stack.Options{
		Port: port, DataDir: dataDir(), DynamoDB: dynamoDB(port), AuthEnforced: os.Getenv("AUTH") == "true", Params: params, Log: os.Stderr,
	})
	if ctx.Err() != nil {
		return nil // told to stop while starting; Start has cleaned up
	}
	if err != nil {
		return err
	}
	defer local.Stop()
	fmt.Println("ready", local.APIURL)
	select {
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr, "stopping")
		return nil
	case <-local.Ended():
		return errors.New("a server of the stack ended by itself; its log lies in " + dataDir())
	}
}

// dynamoDB is which DynamoDB to use: that of AWS_ENDPOINT_URL_DYNAMODB when it is set, else DYNAMODB. A shell that
// has evaluated `make env` names our own: the server at PORT+2, or the emulator's own at PORT+1.
func dynamoDB(port int) string {
	other, kind := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), os.Getenv("DYNAMODB")
	switch {
	case other == "" || other == stack.DynamoDBAddress(port, string(dynamodb.Dynoxide)):
		return kind
	case other == stack.DynamoDBAddress(port, string(dynamodb.Ministack)):
		return cmp.Or(kind, string(dynamodb.Ministack))
	}
	return other
}

func port() (int, error) {
	text := os.Getenv("PORT")
	if text == "" {
		return 3000, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65533 {
		return 0, fmt.Errorf("PORT is 1 to 65533, not %q", text)
	}
	return port, nil
}

func dataDir() string {
	dir := os.Getenv("DATA_DIR")
	if dir == "" {
		dir = ".local"
	}
	if root, err := stack.Root(); err == nil && !filepath.IsAbs(dir) {
		return filepath.Join(root, dir)
	}
	return dir
}
