package httpapi

import (
	"context"
	"net/http"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

// operation is what the table of routes says of a route.
type operation struct {
	method, path string
	role         identity.Role // the least that may; empty: everybody, without a token
	id           string        // operationId of the document
	summary      string
	notes        string
	status       int            // of success
	created      bool           // success may be 201 too
	media        []string       // of the answer's body, where it is not the JSON of a type
	refuses      []problem.Code // besides those that follow from the rest
	demands      []string       // members of the body whose absence the domain itself refuses, together with all other faults
}

// endpoint is a route that can be served. It is registered with huma when it is first called: registering all of them would
// cost every cold start some milliseconds, for one route.
type endpoint struct {
	operation
	server   *server
	register func(huma.API)
	once     sync.Once
	alone    capture  // the endpoint in an API of its own
	keyed    bool     // it takes an Idempotency-Key
	query    []string // the parameters that it knows
}

// on makes the endpoint of an operation whose input and answer are described by the types of its handler.
func on[I, O any](s *server, op operation, handle func(context.Context, *I) (*O, error)) *endpoint {
	answered := func(ctx context.Context, input *I) (*O, error) {
		output, err := handle(ctx, input)
		if err != nil {
			return nil, s.refuse(ctx, op.path, err)
		}
		return output, nil
	}
	return &endpoint{operation: op, server: s, register: func(api huma.API) { huma.Register(api, op.huma(), answered) }}
}

// huma is the operation in huma's words. Bodies are bounded by our own check.
func (op operation) huma() huma.Operation {
	described := huma.Operation{
		OperationID: op.id, Method: op.method, Path: op.path, Summary: op.summary, Description: op.notes,
		DefaultStatus: op.status, MaxBodyBytes: -1,
	}
	if op.media != nil { // huma would take bytes for base64
		content := map[string]*huma.MediaType{}
		for _, media := range op.media {
			content[media] = &huma.MediaType{Schema: &huma.Schema{}}
		}
		described.Responses = map[string]*huma.Response{"200": {Content: content}}
	}
	return described
}

// ServeHTTP implements http.Handler.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.once.Do(e.prepare)
	r, err := e.check(r)
	if err != nil {
		e.server.refuse(r.Context(), e.path, err).write(w)
		return
	}
	e.alone.ServeHTTP(w, r)
}

func (e *endpoint) prepare() {
	e.register(huma.NewAPI(newConfig(), &e.alone))
	for _, parameter := range e.alone.op.Parameters {
		if parameter.In == "query" {
			e.query = append(e.query, parameter.Name)
		}
		e.keyed = e.keyed || parameter.Name == keyHeader
	}
}

// maxID is the longest id that is looked up, in bytes. Ours are far shorter, and DynamoDB refuses keys of more than 1,024, which hold
// both; the platform's ids of conversations may have 512.
var maxID = map[string]int{"id": 512, "noteId": 256}

// check refuses what huma would let pass. It leaves a request in the plainest form: huma reads the same of it.
func (e *endpoint) check(r *http.Request) (*http.Request, error) {
	if err := checkQuery(r, e.query); err != nil {
		return r, err
	}
	if e.keyed {
		if err := checkKey(r); err != nil {
			return r, err
		}
	}
	if e.alone.op.RequestBody != nil {
		body, err := checkBody(r)
		if err != nil {
			return r, err
		}
		if e.keyed {
			r = hashed(r, body)
		}
	}
	for name, longest := range maxID { // empty where the path has none
		if id := r.PathValue(name); len(id) > longest || !utf8.ValidString(id) {
			return r, problem.New(problem.NotFound, "There is nothing of that id.")
		}
	}
	r.Header.Del("Accept") // JSON is all that there is
	return r, nil
}

// capture is huma's adapter to one endpoint.
type capture struct {
	op     *huma.Operation
	handle func(huma.Context)
}

// Handle implements huma.Adapter.
func (c *capture) Handle(op *huma.Operation, handle func(huma.Context)) { c.op, c.handle = op, handle }

// ServeHTTP implements huma.Adapter.
func (c *capture) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.handle(humago.NewContext(c.op, r, w))
}

// newConfig makes huma's configuration: JSON, and no routes of its own.
func newConfig() huma.Config {
	return huma.Config{
		OpenAPI:       &huma.OpenAPI{Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName)}},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}, // "json" stands for …+json
		DefaultFormat: "application/json",
	}
}
