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

// The headers of a message: its id, its time in Unix seconds, its signatures.
const (
	IDHeader        = "webhook-id"
	TimestampHeader = "webhook-timestamp"
	SignatureHeader = "webhook-signature"
)

// Sign is the signature of a message: v1, and the HMAC-SHA-256 of id, timestamp and body in base64; false when the secret is none.
func Sign(id, timestamp string, body []byte, secret string) (signature string, ok bool) {
	key, ok := channel.SigningKey(secret)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), ok
}

// Verify says whether a body was signed, not long ago, with the account's secret or with the one before it while that is valid. There may be
// several signatures.
func Verify(request channel.SignedRequest, secrets channel.Secrets) bool {
	id, stamp := request.Header(IDHeader), request.Header(TimestampHeader)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if off := request.At.Sub(time.Unix(seconds, 0)); id == "" || err != nil || off.Abs() > tolerance {
		return false
	}
	valid := []string{secrets.SigningSecret}
	if secrets.Previous != "" && request.At.Before(secrets.PreviousUntil) {
		valid = append(valid, secrets.Previous)
	}
	for _, secret := range valid {
		if signature, ok := Sign(id, stamp, request.Body, secret); ok && listed(request.Header(SignatureHeader), signature) {
			return true
		}
	}
	return false
}

// listed says that one of a list of signatures is the wanted one.
func listed(list, want string) bool {
	for signature := range strings.FieldsSeq(list) {
		if hmac.Equal([]byte(signature), []byte(want)) {
			return true
		}
	}
	return false
}
