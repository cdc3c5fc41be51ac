// Package faults injects what the local servers spare us: a DynamoDB that throttles, conflicts, loses answers and lags on its
// indexes, and workers that die. All of it follows from a seed, as far as concurrency lets it.
package faults

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Odds are how often each fault happens, 0 to 1.
type Odds struct {
	Throttle float64 // refused before any work
	Conflict float64 // of writes: another transaction is at work on an item
	Lose     float64 // of writes: done, and the connection closed without an answer
	// Lag is how long an index does not show an item that was written.
	Lag time.Duration
	// Slow is how much longer every answer takes.
	Slow time.Duration
	// Hot is the name of an index whose writes are throttled in every other second, as those of a hot partition would be.
	Hot string
}

// All are the faults of AWS, more often than there.
var All = Odds{Throttle: 0.05, Conflict: 0.05, Lose: 0.02, Lag: 2 * time.Second, Hot: "name"}

// Proxy stands before a DynamoDB endpoint.
type Proxy struct {
	URL string

	odds   Odds
	target string
	server *http.Server

	mu       sync.Mutex
	random   *rand.Rand
	injected map[string]int
	written  map[string]time.Time // items by key, and when they were last written
	watchers map[int]func(body []byte, client net.Addr)
	seen     int // watchers that there were
}

// Start puts a proxy before an endpoint, on a free port of the loopback interface, until Stop.
func Start(endpoint string, odds Odds, seed uint64) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		URL: "http://" + listener.Addr().String(), odds: odds, target: endpoint, random: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // the same for a seed
		injected: map[string]int{}, written: map[string]time.Time{}, watchers: map[int]func([]byte, net.Addr){},
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go p.server.Serve(listener) //nolint:errcheck // ends with Close
	return p, nil
}

// Stop ends the proxy.
func (p *Proxy) Stop() { _ = p.server.Close() }

// Set changes the odds from now on.
func (p *Proxy) Set(odds Odds) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.odds = odds
}

func (p *Proxy) now() Odds {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.odds
}

// Injected counts the faults so far, by kind.
func (p *Proxy) Injected() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.injected)
}

// Watch lets a function see every request's body and who sent it, before it is passed on, until stop is called.
func (p *Proxy) Watch(see func(body []byte, client net.Addr)) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	n := p.seen
	p.watchers[n] = see
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, n)
	}
}

// happens draws a fault.
func (p *Proxy) happens(kind string, odds float64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.random.Float64() >= odds {
		return false
	}
	p.injected[kind]++
	return true
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	client, err := net.ResolveTCPAddr("tcp", r.RemoteAddr)
	if err != nil {
		return
	}
	p.mu.Lock()
	watchers := slices.Collect(maps.Values(p.watchers))
	p.mu.Unlock()
	for _, see := range watchers {
		see(body, client)
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	odds := p.now()
	time.Sleep(odds.Slow)
	if refusal := p.refuse(odds, action, body); refusal != "" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, refusal) //nolint:gosec // an error of DynamoDB, to an SDK
		return
	}
	response, err := p.forward(r, action, body)
	if err != nil {
		panic(http.ErrAbortHandler) // as a broken connection
	}
	defer response.Body.Close() //nolint:errcheck // read whole below
	answer, err := io.ReadAll(response.Body)
	if err != nil || writes(action) && p.happens("lost answer", odds.Lose) {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), response.Header)
	if action == "Query" && odds.Lag > 0 {
		answer = p.hide(odds.Lag, body, answer)
		w.Header().Del("X-Amz-Crc32")
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(answer)
}

// forward passes a request on.
func (p *Proxy) forward(r *http.Request, action string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, p.target+r.URL.Path, bytes.NewReader(body)) //nolint:gosec // to the endpoint that it stands before
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	if writes(action) {
		p.note(body)
	}
	return http.DefaultTransport.RoundTrip(request)
}

func writes(action string) bool {
	switch action {
	case "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem":
		return true
	default:
		return false
	}
}
