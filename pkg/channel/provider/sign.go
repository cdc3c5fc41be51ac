package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/meta"
	"github.com/occ/contacts/pkg/channel/standard"
	"github.com/occ/contacts/pkg/channel/telegram"
	"github.com/occ/contacts/pkg/channel/twilio"
	"github.com/occ/contacts/pkg/contact"
)

// Sign plays an account's provider, for samples and tests: the headers that it sends with a body to an address, so that Verify is content. The
// same body is the same message of Standard Webhooks. What no provider would sign (a secret that is none, a body for Twilio that is no form)
// gets a signature that is refused.
func Sign(c contact.Channel, address string, body []byte, secrets channel.Secrets, at time.Time) map[string]string {
	switch {
	case isMeta(c):
		return map[string]string{meta.SignatureHeader: meta.Sign(body, secrets.AppSecret)}
	case c == contact.Telegram:
		return map[string]string{telegram.TokenHeader: secrets.SecretToken}
	case c == contact.SMS:
		signature, _ := twilio.Sign(address, body, secrets.AuthToken)
		return map[string]string{twilio.SignatureHeader: signature}
	default:
		sum := sha256.Sum256(body)
		id, timestamp := "msg_"+hex.EncodeToString(sum[:12]), strconv.FormatInt(at.Unix(), 10)
		signature, _ := standard.Sign(id, timestamp, body, secrets.SigningSecret)
		return map[string]string{standard.IDHeader: id, standard.TimestampHeader: timestamp, standard.SignatureHeader: signature}
	}
}
