// Package standard reads the events of the platform itself, and of channels without a provider's format: Standard Webhooks, whose bodies are
// {type, timestamp, data}.
//
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package standard

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/channel"
)

// tolerance is how far the time of a signature may be off, either way.
const tolerance = 5 * time.Minute

// Verify says whether a body was signed, not long ago, with the account's secret or with the one before it while that is valid. A signature is
// v1, and the HMAC-SHA-256 of id, timestamp and body in base64; there may be several.
func Verify(request channel.SignedRequest, secrets channel.Secrets) bool {
	id, stamp := request.Header("webhook-id"), request.Header("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if off := request.At.Sub(time.Unix(seconds, 0)); id == "" || err != nil || off.Abs() > tolerance {
		return false
	}
	valid := []string{secrets.SigningSecret}
	if secrets.Previous != "" && request.At.Before(secrets.PreviousUntil) {
		valid = append(valid, secrets.Previous)
	}
	for _, secret := range valid {
		key, ok := channel.SigningKey(secret)
		if ok && signed(request.Header("webhook-signature"), sum(key, id, stamp, request.Body)) {
			return true
		}
	}
	return false
}

func sum(key []byte, id, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// signed says that one of a list of signatures is the wanted one.
func signed(list string, want []byte) bool {
	for signature := range strings.FieldsSeq(list) {
		text, v1 := strings.CutPrefix(signature, "v1,")
		given, err := base64.StdEncoding.DecodeString(text)
		if v1 && err == nil && hmac.Equal(given, want) {
			return true
		}
	}
	return false
}
