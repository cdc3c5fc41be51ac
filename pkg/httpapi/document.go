package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// roleExtension is the extension of an operation that names the least role that may; tools read it.
const roleExtension = "x-role"

type health struct {
	Status string `json:"status" enum:"ok"`
}

type healthAnswer struct{ Body health }

func (s *server) getHealth(context.Context, *struct{}) (*healthAnswer, error) {
	return &healthAnswer{health{"ok"}}, nil
}

type documentAnswer struct {
	ContentType  string `header:"Content-Type" hidden:"true"`
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         []byte
}

func (s *server) getDocument(context.Context, *struct{}) (*documentAnswer, error) {
	text, err := s.document()
	return &documentAnswer{jsonMedia, "public, max-age=300", text}, err
}

// describe makes the OpenAPI document, of the types by which requests are validated and answers written.
func (s *server) describe() ([]byte, error) {
	last := &capture{}
	all := huma.NewAPI(newConfig(), last)
	document := all.OpenAPI()
	document.Info = &huma.Info{Title: "Contacts", Version: "1", Description: about}
	document.Servers = []*huma.Server{{URL: cmp.Or(strings.TrimSuffix(s.BaseURL, "/"), "/")}}
	document.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {
		Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The ID token of the user pool; cognito:groups holds the roles agent and admin.",
	}}
	for _, e := range s.endpoints {
		e.register(all)
		e.describe(last.op, document.Components.Schemas)
	}
	describeWebhooks(document)
	addForms(document.Components.Schemas.Map(), s.MaxUploadBytes)
	addLinks(document)
	return json.Marshal(document)
}

const about = `The contacts of a workspace, and the imports and channels that bring them. Errors are application/problem+json (RFC 9457) with a stable code. ` +
	`Every answer of a function has X-Request-Id; 401, 429 and what is application/json of 413 and 503 are the gateway's own. A method that a path lacks is 405 with Allow. ` +
	`Unknown fields and parameters are refused. Times are RFC 3339, UTC. An admin may do all that an agent may.`

// describe adds to an operation what huma does not know of it.
func (e *endpoint) describe(op *huma.Operation, schemas huma.Registry) {
	op.Tags = []string{strings.Split(e.path, "/")[2]} // what comes after /v1
	if e.role != "" {
		op.Security = []map[string][]string{{"token": {}}}
		op.Extensions = map[string]any{roleExtension: string(e.role)}
		op.Description = strings.TrimSpace(op.Description + " Role: " + string(e.role) + ".")
	}
	if body := op.RequestBody; body != nil {
		described := body.Content[jsonMedia]
		for _, media := range mediaOf(e.method) {
			body.Content[media] = described
		}
		if len(e.demands) > 0 {
			named := schemas.SchemaFromRef(described.Schema.Ref)
			named.Required = append(named.Required, e.demands...)
		}
	}
	if e.created {
		made := *op.Responses["200"]
		made.Description = http.StatusText(http.StatusCreated)
		op.Responses["201"] = &made
	}
	if op.Responses["200"] != nil && op.Responses["200"].Headers["ETag"] != nil && e.method == http.MethodGet {
		op.Responses["304"] = &huma.Response{Description: "The client has it already.", Headers: op.Responses["200"].Headers}
	}
	e.describeErrors(op, schemas.Schema(reflect.TypeFor[refusal](), true, ""))
	finish(op)
}

// finish adds to an operation what holds of all of them.
func finish(op *huma.Operation) {
	addParameterForms(op)
	addGateways(op)
	addHeaders(op)
}

// describeErrors enters the errors of an operation, the codes of each status together.
func (e *endpoint) describeErrors(op *huma.Operation, schema *huma.Schema) {
	delete(op.Responses, "default")
	byStatus := map[int][]string{}
	for _, code := range e.codes(op) {
		byStatus[statuses[code]] = append(byStatus[statuses[code]], string(code))
	}
	for status, codes := range byStatus {
		slices.Sort(codes)
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: problem.Title(status) + ": " + strings.Join(codes, ", "),
			Content:     map[string]*huma.MediaType{(*refusal)(nil).ContentType(""): {Schema: schema}},
		}
	}
}

// codes are the codes of the operation's errors: those of the table, and those that follow from what it takes.
func (e *endpoint) codes(op *huma.Operation) []problem.Code {
	codes := append([]problem.Code{problem.ValidationFailed, problem.Internal}, e.refuses...)
	if e.role != "" {
		codes = append(codes, problem.NoWorkspace, problem.Forbidden, problem.Unavailable)
	}
	if strings.Contains(e.path, "{") {
		codes = append(codes, problem.NotFound)
	}
	if op.RequestBody != nil {
		codes = append(codes, problem.MalformedJSON, problem.UnsupportedMediaType)
	}
	for _, parameter := range op.Parameters {
		switch parameter.Name {
		case "cursor":
			codes = append(codes, problem.InvalidCursor)
		case keyHeader:
			codes = append(codes, problem.IdempotencyKeyReused, problem.RequestInProgress)
		}
	}
	return codes
}

// schemaName names the schemas of the document.
func schemaName(t reflect.Type, hint string) string {
	switch t {
	case reflect.TypeFor[contact.View]():
		return "Contact"
	case reflect.TypeFor[contact.IdentityView]():
		return "Identity"
	case reflect.TypeFor[ImportView]():
		return "Import"
	case reflect.TypeFor[ExportView]():
		return "Export"
	case reflect.TypeFor[AccountView]():
		return "ChannelAccount"
	case reflect.TypeFor[refusal]():
		return "Problem"
	default:
		return huma.DefaultSchemaNamer(t, hint)
	}
}
