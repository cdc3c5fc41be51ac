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
	"strings"

	"github.com/occ/contacts/pkg/channel"
)

// Verify says whether a body was signed with the app's secret: X-Hub-Signature-256 is sha256= and the HMAC-SHA-256 of the body in hex.
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
func Verify(request channel.SignedRequest, appSecret string) bool {
	text, marked := strings.CutPrefix(request.Header("X-Hub-Signature-256"), "sha256=")
	given, err := hex.DecodeString(text)
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(request.Body)
	return marked && err == nil && hmac.Equal(given, mac.Sum(nil))
}

// Challenge answers Meta's verification of an address, of whose query get returns the parameters; false when the token is another one.
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
func Challenge(get func(name string) string, verifyToken string) (answer string, ok bool) {
	same := subtle.ConstantTimeCompare([]byte(get("hub.verify_token")), []byte(verifyToken)) == 1
	return get("hub.challenge"), same && get("hub.mode") == "subscribe"
}
