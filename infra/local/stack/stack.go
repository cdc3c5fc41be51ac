// Package stack runs template.yaml on this machine: it starts the AWS emulator (ministack) and a DynamoDB server (dynoxide)
// on the loopback interface, builds and deploys with the SAM CLI, and forwards one port to the API. Nothing in pkg or
// functions knows of it: the AWS SDK finds both servers by AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_DYNAMODB.
package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/occ/contacts/infra/local/dynoxide"
)

// Stack is a running local stack.
type Stack struct {
	APIURL      string            // http://127.0.0.1:port
	EmulatorURL string            // every AWS service but DynamoDB
	DynamoDBURL string            //
	Outputs     map[string]string // of the template

	options  Options
	emulator *emulator
	dynamodb *dynoxide.Server // nil when it is another's
	proxy    *http.Server
	endLogs  context.CancelFunc
	logsDone sync.WaitGroup
}

// Start runs a stack until Stop. It returns when the API answers.
func Start(ctx context.Context, options Options) (_ *Stack, err error) {
	ports, err := options.ports()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(options.DataDir, 0o755); err != nil { //nolint:gosec // a developer's own data
		return nil, err
	}
	if options.Log == nil {
		options.Log = io.Discard
	}
	s := &Stack{APIURL: url(ports.api), EmulatorURL: url(ports.emulator), options: options, endLogs: func() {}}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	if err := s.startDynamoDB(ports); err != nil {
		return nil, err
	}
	if s.emulator, err = startEmulator(options, ports.emulator, s.DynamoDBURL); err != nil {
		return nil, err
	}
	if err := s.deployIfChanged(ctx); err != nil {
		return nil, err
	}
	if err := s.connect(ctx, ports.api); err != nil {
		return nil, err
	}
	return s, s.healthy(ctx)
}

func (s *Stack) progress(format string, args ...any) {
	fmt.Fprintf(s.options.Log, format+"\n", args...)
}

// startDynamoDB starts dynoxide, unless another server is to be used.
func (s *Stack) startDynamoDB(ports ports) error {
	switch s.options.DynamoDB {
	case "":
		log, err := os.Create(s.options.path("dynoxide.log"))
		if err != nil {
			return err
		}
		if s.dynamodb, err = dynoxide.Start(s.options.path("dynamodb.sqlite"), ports.dynamodb, log); err != nil {
			return err
		}
		s.DynamoDBURL = s.dynamodb.Endpoint
	case "ministack":
		s.DynamoDBURL = s.EmulatorURL
	default:
		s.DynamoDBURL = s.options.DynamoDB
	}
	return nil
}

// connect does what follows every start: the tables, CORS, the proxy, the logs.
func (s *Stack) connect(ctx context.Context, port int) (err error) {
	if s.Outputs, err = s.readOutputs(ctx); err != nil {
		return err
	}
	if s.DynamoDBURL != s.EmulatorURL {
		if err := s.copyTables(ctx); err != nil {
			return fmt.Errorf("create the tables at %s: %w", s.DynamoDBURL, err)
		}
	}
	if err := s.restoreCORS(ctx); err != nil {
		return fmt.Errorf("set CORS: %w", err)
	}
	if s.proxy, err = startProxy(port, s.EmulatorURL, s.Outputs["ApiId"]); err != nil {
		return err
	}
	logs, end := context.WithCancel(context.WithoutCancel(ctx))
	s.endLogs = end
	s.logsDone.Go(func() { s.followLogs(logs) })
	return nil
}

// healthy waits until the API itself answers.
func (s *Stack) healthy(ctx context.Context) error {
	var last error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.APIURL+"/v1/health", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		last = err
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return fmt.Errorf("the API does not answer: %w; see %s", last, s.options.path("ministack.log"))
}

// Ended is closed when one of the servers has ended by itself.
func (s *Stack) Ended() <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		if s.dynamodb == nil {
			<-s.emulator.Ended()
		} else {
			select {
			case <-s.emulator.Ended():
			case <-s.dynamodb.Ended():
			}
		}
		close(ended)
	}()
	return ended
}

// Stop ends everything cleanly: the emulator writes its state, and no process or port remains.
func (s *Stack) Stop() { s.end((*emulator).Stop) }

// Kill ends the servers at once, as a crash would.
func (s *Stack) Kill() { s.end((*emulator).Kill) }

func (s *Stack) end(emulatorEnd func(*emulator)) {
	s.endLogs()
	s.logsDone.Wait()
	if s.proxy != nil {
		_ = s.proxy.Close()
	}
	if s.emulator != nil {
		emulatorEnd(s.emulator)
	}
	if s.dynamodb != nil {
		s.dynamodb.Kill() // what it acknowledged is on disk
	}
}
