package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// worker is a process of a function that gets its events from us: a Runtime API of our own, as Lambda has one in each environment, and
// nothing in between. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type worker struct {
	began   time.Time
	asked   chan time.Time // when the first event was asked for
	events  chan []byte
	handed  chan time.Time // when the event under way was
	answers chan answered
	server  *http.Server
	command *exec.Cmd
	ended   chan struct{}
	said    strings.Builder // what the process wrote; to be read once it ended
}

// answered is what came of an event.
type answered struct {
	body []byte
	took time.Duration
	err  error
}

// startWorker starts a function's binary in an environment.
func startWorker(ctx context.Context, binary string, environment []string) (*worker, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &worker{asked: make(chan time.Time, 1), events: make(chan []byte), handed: make(chan time.Time, 1), answers: make(chan answered, 1), ended: make(chan struct{})}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /2018-06-01/runtime/invocation/next", w.next)
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{outcome}", w.answer)
	w.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: routes}
	go w.server.Serve(listener) //nolint:errcheck // ends with Close
	w.command = exec.CommandContext(ctx, binary)
	w.command.Env = slices.Concat(environment, []string{"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String()})
	w.command.Stdout, w.command.Stderr = &w.said, &w.said
	w.began = time.Now()
	if err := w.command.Start(); err != nil {
		_ = w.server.Close()
		return nil, err
	}
	go func() {
		_ = w.command.Wait() // what it said is the better error
		close(w.ended)
	}()
	return w, nil
}

// next hands an event over.
func (w *worker) next(response http.ResponseWriter, request *http.Request) {
	select {
	case w.asked <- time.Now():
	default: // before
	}
	select {
	case <-request.Context().Done():
	case event := <-w.events:
		header := response.Header()
		header.Set("Lambda-Runtime-Aws-Request-Id", "bench")
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(30*time.Second).UnixMilli(), 10))
		w.handed <- time.Now()
		_, _ = response.Write(event)
	}
}

// answer takes what the function answers, or its error.
func (w *worker) answer(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	took := time.Since(<-w.handed)
	if err == nil && request.PathValue("outcome") != "response" {
		err = fmt.Errorf("the function failed: %s", body)
	}
	response.WriteHeader(http.StatusAccepted)
	w.answers <- answered{body, took, err}
}

// invoke has one event handled. took is the time from handing it over to having the whole answer.
func (w *worker) invoke(ctx context.Context, event []byte) (answer []byte, took time.Duration, err error) {
	events := w.events
	for {
		select {
		case events <- event:
			events = nil // once
		case got := <-w.answers:
			return got.body, got.took, got.err
		case <-w.ended:
			return nil, 0, fmt.Errorf("the function ended: %s", w.said.String())
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-time.After(30 * time.Second):
			return nil, 0, errors.New("the function gave no answer within 30 s")
		}
	}
}

func (w *worker) stop() {
	_ = w.command.Process.Kill()
	<-w.ended
	_ = w.server.Close()
}
