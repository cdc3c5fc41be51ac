// Package gateway turns events of an API Gateway HTTP API (payload version 2.0) into net/http requests, and what a handler
// writes into the answer that Lambda returns.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
package gateway

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/occ/contacts/pkg/budget"
	"github.com/occ/contacts/pkg/identity"
)

// Handler serves events with an HTTP handler. The caller of the verified token is in the request's context, which
// ends after the time given, and in any case before the invocation does: so the client gets an answer of ours.
func Handler(h http.Handler, within time.Duration) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		ctx, stop := budget.Within(ctx, within)
		defer stop()
		request, err := newRequest(ctx, event)
		if err != nil {
			return refusal(event.RequestContext.RequestID), nil // an error would make the gateway answer 500
		}
		recorder := newRecorder()
		h.ServeHTTP(recorder, request)
		return recorder.response(), nil
	}
}

// newRequest makes the request that the client sent. The gateway hands the path on decoded, so an escaped slash has become
// one already; what cannot stand in a URL is escaped again.
func newRequest(ctx context.Context, event events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := event.Body
	if event.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return nil, err
		}
		body = string(decoded)
	}
	ctx = identity.With(ctx, callerOf(event))
	request, err := http.NewRequestWithContext(ctx, method(event), "/", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.URL = &url.URL{Path: path(event), RawQuery: event.RawQueryString}
	request.RequestURI = request.URL.RequestURI()
	for name, value := range event.Headers {
		request.Header.Set(name, value)
	}
	if len(event.Cookies) > 0 {
		request.Header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	request.Host = request.Header.Get("Host")
	request.RemoteAddr = event.RequestContext.HTTP.SourceIP
	request.ContentLength = int64(len(body))
	return request, nil
}

func method(event events.APIGatewayV2HTTPRequest) string {
	if m := event.RequestContext.HTTP.Method; m != "" {
		return m
	}
	return http.MethodGet
}

// path is the request's, without the stage that a gateway without a domain of its own puts before it.
func path(event events.APIGatewayV2HTTPRequest) string {
	path := event.RawPath
	if stage := event.RequestContext.Stage; stage != "" && stage != "$default" {
		path = strings.TrimPrefix(path, "/"+stage)
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}

// callerOf reads the claims, which the gateway has verified. It hands lists on as text: "[agent admin]".
func callerOf(event events.APIGatewayV2HTTPRequest) identity.Caller {
	caller := identity.Caller{RequestID: event.RequestContext.RequestID}
	authorizer := event.RequestContext.Authorizer
	if authorizer == nil || authorizer.JWT == nil {
		return caller
	}
	claims := authorizer.JWT.Claims
	caller.Subject, caller.Workspace = claims["sub"], claims["custom:workspace"]
	caller.Groups = groupsOf(claims["cognito:groups"])
	return caller
}

// groupsOf reads a list that the gateway wrote as text. Only spaces divide it: a group's name may hold a comma, and
// none of Cognito's holds a space.
func groupsOf(claim string) []string {
	if list, found := strings.CutPrefix(claim, "["); found {
		claim = strings.TrimSuffix(list, "]")
	}
	return strings.Fields(claim)
}

// refusal answers an event whose body is not what it says.
func refusal(requestID string) events.APIGatewayV2HTTPResponse {
	return events.APIGatewayV2HTTPResponse{
		StatusCode: http.StatusBadRequest,
		Headers:    map[string]string{"content-type": "application/problem+json", "x-request-id": requestID, "cache-control": "no-store"},
		Body:       `{"type":"about:blank","title":"Bad Request","status":400,"detail":"The body could not be decoded.","code":"malformed_json"}`,
	}
}
