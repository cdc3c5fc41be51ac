package problem

// The codes that webhooks have besides (pkg/httpapi/README.md, "Webhooks"); package webhook turns them into statuses.
const (
	EventTooLarge    Code = "event_too_large"
	InvalidSignature Code = "invalid_signature"
	MalformedEvent   Code = "malformed_event"
)
