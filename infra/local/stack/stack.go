// Package stack runs template.yaml on this machine: it starts the AWS emulator (ministack) and a DynamoDB server
// on the loopback interface, builds and deploys with the SAM CLI, and forwards one port to the API. Nothing in pkg or
// functions knows of it: the AWS SDK finds both servers by AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_DYNAMODB.
package stack

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/dynamodb"
)

// Stack is a running local stack.
type Stack struct {
	APIURL      string            // http://127.0.0.1:port
	EmulatorURL string            // every AWS service but DynamoDB
	DynamoDBURL string            // where the functions' tables are
	Outputs     map[string]string // of the template

	options  Options
	lock     *os.File
	template template
	params   map[string]string
	emulator *emulator
	dynamodb *dynamodb.Server // nil when it is another's
	proxy    *http.Server
	endLogs  context.CancelFunc
	logsDone sync.WaitGroup
}

// Start runs a stack until Stop. It returns when the API answers; when the context ends before, it leaves nothing behind.
func Start(ctx context.Context, options Options) (_ *Stack, err error) {
	if options, err = options.complete(); err != nil {
		return nil, err
	}
	root, err := checkout.Root()
	if err != nil {
		return nil, err
	}
	s := &Stack{options: options, endLogs: func() {}}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	if s.lock, err = Lock(options.DataDir); err != nil {
		return nil, err
	}
	ports, err := options.ports()
	if err != nil {
		return nil, err
	}
	s.APIURL, s.EmulatorURL = url(ports.api), url(ports.emulator)
	if err := s.prepare(root); err != nil {
		return nil, err
	}
	if err := s.startServers(ports); err != nil {
		return nil, err
	}
	if err := s.deployIfChanged(ctx, root); err != nil {
		return nil, err
	}
	if err := s.connect(ctx, root, ports.api); err != nil {
		return nil, err
	}
	return s, s.healthy(ctx)
}

// progress says what happens.
func (s *Stack) progress(format string, args ...any) {
	_, _ = fmt.Fprintf(s.options.Log, format+"\n", args...)
}

// prepare reads the template and settles the parameters.
func (s *Stack) prepare(root string) (err error) {
	if s.template, err = readTemplate(root); err != nil {
		return err
	}
	var unknown []string
	s.params, unknown = s.template.parameters(s.APIURL, s.options.Params)
	for _, name := range unknown {
		s.progress("WARNING: PARAMS: template.yaml has no parameter %s; it is LEFT OUT", name)
	}
	return nil
}

// startServers starts the emulator, and a DynamoDB server unless its own or another's is to be used.
func (s *Stack) startServers(ports ports) error {
	s.progress("starting the servers on 127.0.0.1")
	s.emulator = &emulator{options: s.options, port: ports.emulator, dynamodb: s.options.DynamoDB}
	switch kind := dynamodb.Kind(s.options.DynamoDB); {
	case s.options.ownServer():
		log, err := os.Create(s.options.path(string(kind) + ".log"))
		if err != nil {
			return err
		}
		defer log.Close() //nolint:errcheck // the child has its own
		if s.dynamodb, err = dynamodb.Start(kind, s.options.DataDir, ports.dynamodb, log); err != nil {
			return fmt.Errorf("%w\n%s", err, lastLines(log.Name()))
		}
		s.emulator.dynamodb = s.dynamodb.Endpoint
	case kind == dynamodb.Ministack:
		s.emulator.dynamodb = ""
	}
	if s.DynamoDBURL = s.emulator.dynamodb; s.DynamoDBURL == "" {
		s.DynamoDBURL = s.EmulatorURL
	}
	_ = os.Remove(s.options.path("ministack.log"))
	return s.emulator.start()
}

// connect does what follows every start: the tables, CORS, the proxy, the logs.
func (s *Stack) connect(ctx context.Context, root string, port int) (err error) {
	if s.Outputs, err = ReadOutputs(ctx, Config(s.EmulatorURL), Name); err != nil {
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
	functions, err := functionNames(root)
	if err != nil {
		return err
	}
	logs, end := context.WithCancel(context.WithoutCancel(ctx))
	s.endLogs = end
	s.logsDone.Go(func() { s.followLogs(logs, functions) })
	s.proxy, err = s.startProxy(port)
	return err
}
