// Package meta reads the webhooks of Meta's channels: WhatsApp's Cloud API, Messenger and Instagram.
//
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
// https://developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events
// https://developers.facebook.com/documentation/instagram-platform/webhooks/examples
package meta

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"

	"github.com/occ/contacts/pkg/channel"
)

// SignatureHeader is the header that a signature stands in.
const SignatureHeader = "X-Hub-Signature-256"

// Sign is the signature of a body: sha256= and its HMAC-SHA-256 under the app's secret, in hex.
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
func Sign(body []byte, appSecret string) string {
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Verify says whether a body was signed with the app's secret.
func Verify(request channel.SignedRequest, appSecret string) bool {
	return hmac.Equal([]byte(request.Header(SignatureHeader)), []byte(Sign(request.Body, appSecret)))
}

// Challenge answers Meta's verification of an address, of whose query get returns the parameters; false when the token is another one.
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
func Challenge(get func(name string) string, verifyToken string) (answer string, ok bool) {
	same := subtle.ConstantTimeCompare([]byte(get("hub.verify_token")), []byte(verifyToken)) == 1
	return get("hub.challenge"), same && get("hub.mode") == "subscribe"
}
