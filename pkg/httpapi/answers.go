package httpapi

import (
	"maps"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// gateways are the answers of API Gateway itself, which come before a function runs, and what they are for.
var gateways = map[int]string{
	http.StatusUnauthorized:          "Unauthorized: no token, a bad or an expired one; the gateway's own answer",
	http.StatusRequestEntityTooLarge: "Request Entity Too Large: more than the gateway takes; its own answer",
	http.StatusTooManyRequests:       "Too Many Requests: wait and repeat; the gateway's own answer",
	http.StatusServiceUnavailable:    "Service Unavailable: the function cannot be reached; the gateway's own answer",
}

// addGateways enters the gateway's own answers beside those of the function, which say more where both have one.
func addGateways(op *huma.Operation) {
	message := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"message"},
		Properties: map[string]*huma.Schema{"message": {Type: huma.TypeString, Nullable: true}},
	}
	for status, description := range gateways {
		needless := map[int]bool{
			http.StatusUnauthorized: op.Security == nil, http.StatusRequestEntityTooLarge: op.RequestBody == nil,
		}
		if needless[status] {
			continue
		}
		answer := op.Responses[strconv.Itoa(status)]
		if answer == nil {
			answer = &huma.Response{Description: description, Content: map[string]*huma.MediaType{}}
			op.Responses[strconv.Itoa(status)] = answer
		}
		answer.Content[jsonMedia] = &huma.MediaType{Schema: message}
	}
}

// addHeaders names the headers of an operation's answers. Those that an answer always has are required.
func addHeaders(op *huma.Operation) {
	text := func(description, pattern string) *huma.Param {
		return &huma.Param{Description: description, Schema: &huma.Schema{Type: huma.TypeString, Pattern: pattern}}
	}
	for status, answer := range op.Responses {
		headers := maps.Clone(answer.Headers)
		if headers == nil {
			headers = map[string]*huma.Param{}
		}
		for name, pattern := range map[string]string{"ETag": etagPattern, "Location": ""} {
			if headers[name] != nil {
				headers[name] = text(headers[name].Description, pattern)
				headers[name].Required = true
			}
		}
		headers[requestHeader] = text("Names the request in the logs; give it along when you report something", "")
		byGateway := answer.Content[jsonMedia] != nil && status[0] != '2'
		headers[requestHeader].Required = !byGateway
		switch status {
		case strconv.Itoa(http.StatusServiceUnavailable):
			headers["Retry-After"] = &huma.Param{
				Description: "After how many seconds to repeat the request",
				Schema:      &huma.Schema{Type: huma.TypeInteger, Minimum: new(0.0)},
			}
		case strconv.Itoa(http.StatusMethodNotAllowed):
			headers["Allow"] = text("The methods that the path takes", "")
			headers["Allow"].Required = true
		}
		answer.Headers = headers
	}
}
