package httpapi

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/occ/contacts/pkg/problem"
)

// webhookPath is served by functions/webhooks, and described here: there is one document of all routes.
const webhookPath = "/v1/webhooks/{channel}/{accountId}"

// webhookMethods are those that functions/webhooks takes.
const webhookMethods = "GET, POST"

// isWebhook reports whether a path has the form of webhookPath. The gateway hands the methods that webhooks lack to
// this API.
func isWebhook(path string) bool {
	rest, below := strings.CutPrefix(path, "/v1/webhooks/")
	channel, account, found := strings.Cut(rest, "/")
	return below && found && channel != "" && account != "" && !strings.Contains(account, "/")
}

// describeWebhooks enters what providers call. They have no token; they sign.
func describeWebhooks(document *huma.OpenAPI) {
	text := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
	parameters := []*huma.Param{
		{Name: "channel", In: "path", Required: true, Schema: text(), Description: "whatsapp, instagram, messenger, telegram, sms, widget, email or platform"},
		{Name: "accountId", In: "path", Required: true, Schema: text(), Description: "As registered with PUT /v1/channel-accounts"},
	}
	post := &huma.Operation{
		OperationID: "takeWebhook", Summary: "What a provider or the platform sends",
		Description: "Signed by the provider, over the raw body: at most 262,144 bytes, and 3,145,728 of Meta's channels. 200 says that it is queued; what is signed and of a wrong form " +
			"goes to the dead letters, and unknown types are ignored. Twilio sends forms; its 200 is an empty TwiML. Standard Webhooks' type is conversation.message, campaign.message_sent, " +
			"request.opened, request.updated, request.closed, request.deleted or survey.submitted; a time more than 5 minutes off is 401.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			jsonMedia: {Schema: &huma.Schema{}}, "application/x-www-form-urlencoded": {Schema: &huma.Schema{}},
		}},
	}
	get := &huma.Operation{OperationID: "verifyWebhook", Summary: "Answer Meta's challenge", Description: "Answers hub.challenge when hub.mode is subscribe and hub.verify_token the account's."}
	schema := document.Components.Schemas.Schema(reflect.TypeFor[refusal](), true, "")
	for operation, refusals := range map[*huma.Operation]map[int]string{
		post: {400: "malformed_event", 401: "invalid_signature", 404: "not_found", 413: "event_too_large", 500: "internal_error", 503: "temporarily_unavailable"},
		get:  {403: "forbidden", 404: "not_found", 405: "method_not_allowed", 500: "internal_error", 503: "temporarily_unavailable"},
	} {
		operation.Parameters, operation.Tags = parameters, []string{"webhooks"}
		operation.Responses = map[string]*huma.Response{"200": {
			Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{"text/plain": {Schema: text()}},
		}}
		for status, code := range refusals {
			operation.Responses[strconv.Itoa(status)] = &huma.Response{
				Description: problem.Title(status) + ": " + code, Content: map[string]*huma.MediaType{(*refusal)(nil).ContentType(""): {Schema: schema}},
			}
		}
	}
	post.Responses["200"].Content["text/xml"] = &huma.MediaType{Schema: text()}
	get.Parameters = append(slices.Clone(parameters), // Meta sends all of them; without them it is no subscription
		&huma.Param{Name: "hub.mode", In: "query", Schema: text()}, &huma.Param{Name: "hub.verify_token", In: "query", Schema: text()},
		&huma.Param{Name: "hub.challenge", In: "query", Schema: text()})
	finish(post)
	finish(get)
	document.Paths[webhookPath] = &huma.PathItem{Get: get, Post: post}
}
