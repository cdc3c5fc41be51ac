package channel

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/problem"
)

// Limits of an account. KMS encrypts at most 4,096 bytes, and an account has up to two secrets.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
const (
	maxAccountID    = 256 // characters
	maxAccountBytes = 512 // of an id: it stands in a storage key, and in those of identities
	maxSecretBytes  = 1_500
	maxSealed       = 4_096 // bytes of all secrets as JSON
)

// Names of secrets (pkg/httpapi/README.md, "Channel accounts").
const (
	appSecret     = "appSecret"
	verifyToken   = "verifyToken"
	secretToken   = "secretToken"
	authToken     = "authToken"
	signingSecret = "signingSecret"
)

// secretNames are the secrets that a channel's accounts have, all of them required.
var secretNames = map[contact.Channel][]string{
	contact.WhatsApp: {appSecret, verifyToken}, contact.Instagram: {appSecret, verifyToken}, contact.Messenger: {appSecret, verifyToken},
	contact.Telegram: {secretToken}, contact.SMS: {authToken},
	contact.Widget: {signingSecret}, contact.Email: {signingSecret}, contact.Platform: {signingSecret},
}

// Signs says that the accounts of a channel use Standard Webhooks.
func Signs(channel contact.Channel) bool { return slices.Contains(secretNames[channel], signingSecret) }

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// CheckAccountKey demands a channel that has accounts, and an id of the form of its channel. The error is a ValidationFailed.
func CheckAccountKey(key AccountKey) error {
	if !slices.Contains(AccountChannels, key.Channel) {
		return problem.Invalid("path.channel", string(key.Channel), "Give one of: %s.", accountChannels())
	}
	hidden := func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == '/' }
	switch id := key.ID; {
	case key.Channel == contact.SMS:
		if !e164.MatchString(id) {
			return problem.Invalid("path.accountId", id, "Give the Twilio number with + and its country code, as +15551234567, the + as it is or as %%2B.")
		}
	case id == "" || id == "." || id == ".." || !utf8.ValidString(id) || strings.ContainsFunc(id, hidden) || fold.Blank(id):
		return problem.Invalid("path.accountId", nil, "Give an id of visible characters, without spaces or /.")
	case utf8.RuneCountInString(id) > maxAccountID || len(id) > maxAccountBytes:
		return problem.Invalid("path.accountId", nil, "An id has at most %d characters and %d bytes.", maxAccountID, maxAccountBytes)
	}
	return nil
}

func accountChannels() string {
	var names []string
	for _, channel := range AccountChannels {
		names = append(names, string(channel))
	}
	return strings.Join(names, ", ")
}

// checkAccount checks what is said of an account, and brings its name into its form. Its faults never show a secret.
func checkAccount(key AccountKey, draft *AccountDraft) (Secrets, error) {
	if err := CheckAccountKey(key); err != nil {
		return Secrets{}, err
	}
	refused := &problem.Error{Code: problem.ValidationFailed, Detail: "The account has values that cannot be used; errors says which and why."}
	fault := func(location, message string) {
		refused.Fields = append(refused.Fields, problem.FieldError{Location: location, Message: message})
	}
	name, err := contact.NormalizeName(draft.Name)
	if err != nil {
		fault("body.name", err.Error())
	}
	draft.Name = name
	names := secretNames[key.Channel]
	for _, name := range names {
		if message := wrongSecret(name, draft.Secrets[name]); message != "" {
			fault("body.secrets."+name, message)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(draft.Secrets)) {
		if !slices.Contains(names, name) {
			fault("body.secrets."+name, fmt.Sprintf("An account of %s has no such secret; remove it.", key.Channel))
		}
	}
	if draft.PreviousUntil != nil && !Signs(key.Channel) {
		fault("body.secrets.previousSecretUntil", fmt.Sprintf("An account of %s has no signingSecret; remove it.", key.Channel))
	}
	if len(refused.Fields) > 0 {
		return Secrets{}, refused
	}
	return Secrets{
		AppSecret: draft.Secrets[appSecret], VerifyToken: draft.Secrets[verifyToken], SecretToken: draft.Secrets[secretToken],
		AuthToken: draft.Secrets[authToken], SigningSecret: draft.Secrets[signingSecret],
	}, nil
}

// SigningKey is the key that a secret of Standard Webhooks stands for: base64 after whsec_.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
func SigningKey(secret string) ([]byte, bool) {
	text, marked := strings.CutPrefix(secret, "whsec_")
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	return key, marked && err == nil && len(key) > 0
}

// telegramToken is the form of a secret token: https://core.telegram.org/bots/api#setwebhook
var telegramToken = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// wrongSecret says what is wrong with a secret; empty when nothing is.
func wrongSecret(name, secret string) string {
	_, isKey := SigningKey(secret)
	switch {
	case secret == "":
		return "This secret is missing; give it a value."
	case len(secret) > maxSecretBytes:
		return fmt.Sprintf("A secret has at most %d bytes.", maxSecretBytes)
	case !utf8.ValidString(secret) || strings.ContainsFunc(secret, unicode.IsControl):
		return "A secret has no control characters; remove them."
	case name == signingSecret && !isKey:
		return "Give whsec_ and after it the key in base64."
	case name == secretToken && !telegramToken.MatchString(secret):
		return "A secret token of Telegram has 1 to 256 letters, digits, _ and -."
	default:
		return ""
	}
}
