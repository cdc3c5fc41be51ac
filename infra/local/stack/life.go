package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// healthy waits until the API itself answers.
func (s *Stack) healthy(ctx context.Context) error {
	const patience = 30 * time.Second
	var last error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if last = ask(ctx, s.APIURL+"/v1/health"); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return fmt.Errorf("the API does not answer: %w; see the functions' logs above and %s", last, s.options.path("ministack.log"))
}

func ask(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1_000))
		return errors.New(response.Status + " " + string(body))
	}
	return nil
}

// Ended is closed when one of the servers has ended by itself.
func (s *Stack) Ended() <-chan struct{} {
	var dynamodb <-chan struct{} // without a server of ours: never
	if s.dynamodb != nil {
		dynamodb = s.dynamodb.Ended()
	}
	emulator, ended := s.emulator.child.Ended(), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-emulator:
		case <-dynamodb:
		}
	}()
	return ended
}

// Stop ends everything cleanly: the emulator writes its state, and no process or port remains.
func (s *Stack) Stop() { s.end((*emulator).stop) }

// Kill ends the servers at once, as a crash would.
func (s *Stack) Kill() { s.end((*emulator).kill) }

func (s *Stack) end(endEmulator func(*emulator)) {
	if s.proxy != nil {
		_ = s.proxy.Close()
	}
	s.endLogs()
	s.logsDone.Wait()
	if s.emulator != nil {
		endEmulator(s.emulator)
	}
	if s.dynamodb != nil {
		s.dynamodb.Kill() // what it acknowledged is on disk
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}
