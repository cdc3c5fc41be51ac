package httpapi

import (
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/occ/contacts/pkg/contact"
)

// form adds to a schema of the document what its values have to look like. The domain judges values itself, with
// better sentences than a schema's, so forms do not validate requests: only the document shows them, and make
// test-openapi holds the two together. A form describes a value as it is kept, trimmed and in NFC; spaces around it
// are accepted too.
type form func(*huma.Schema)

// Classes of characters in patterns, which are those of ECMA-262 with the flag u.
const (
	// controls are all but tab and line breaks.
	controls = `\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f`
	// letter is what shows alone: a combining mark does not.
	letter = `[\p{L}\p{N}\p{P}\p{S}]`
	// drawn is what makes a text more than blank (fold.Blank).
	drawn = `[^` + unseen + `]`
	// unseen are the characters of a blank text.
	unseen = `\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f` +
		`\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb`
)

// Patterns of texts, as they are when they are trimmed and in NFC.
const (
	namePattern  = `^[^` + controls + `]*` + letter + `[^` + controls + `]*$`
	textPattern  = `^[^` + controls + `]*` + drawn + `[^` + controls + `]*$`
	labelPattern = `^(?!\.{1,2}$)[^` + noLabel + `]*(?![/?#%])` + letter + `[^` + noLabel + `]*$`
	// fileNamePattern demands something that can be seen before the ending.
	fileNamePattern = `^(?![` + unseen + `]*\.[^.]*$)[^` + controls + `]*` + letter + `[^` + controls + `]*$`
	noLabel         = `/?#%\u0000-\u001f\u007f-\u009f`
)

// emailPattern is of a dot-atom, at most 64 characters long, and a domain of two names or more.
var emailPattern = func() string {
	atom := `(?:[A-Za-z0-9!#$%&'*+/=?^_{|}~\u0060-]|(?![\u0000-\u007f])[\p{L}\p{M}\p{N}\p{P}\p{S}])+`
	outer := `(?:[A-Za-z0-9]|(?![\u0000-\u007f])[\p{L}\p{M}\p{N}])`
	label := outer + `(?:(?:` + outer + `|-){0,61}` + outer + `)?`
	return fmt.Sprintf(`^(?=[^@]{1,%d}@)%s(?:\.%[2]s)*@%s(?:\.%[3]s)+$`, contact.MaxLocalPart, atom, label)
}()

// Patterns of what is written in ASCII.
const (
	attributeKeys    = `^[A-Za-z0-9_.-]{1,64}$`
	keyPattern       = `^[!-~]+$`
	cursorPattern    = `^[A-Za-z0-9_-]+$`
	etagPattern      = `^"[^"]+"$`
	tagsPattern      = `^(\*|(W/)?"[^"]*"([ \t]*,[ \t]*(W/)?"[^"]*")*)?$` // an empty header is none
	accountIDPattern = `^(?!\.{1,2}$)(?=.*` + drawn + `)(?:(?!/)[\p{L}\p{M}\p{N}\p{P}\p{S}])+$`
	printable        = `^[^\u0000-\u001f\u007f-\u009f]+$`
	telegramPattern  = `^[A-Za-z0-9_-]{1,256}$`
	signingPattern   = `^whsec_[A-Za-z0-9+/]+={0,2}$`
)

// matching is a text of a pattern and at most some characters; 0 is without end.
func matching(pattern string, longest int) form {
	return func(s *huma.Schema) {
		s.Pattern, s.MinLength = pattern, new(1)
		if longest > 0 {
			s.MaxLength = new(longest)
		}
	}
}

// plainText is a text that is not blank, and nameText one that shows by itself.
func plainText(longest int) form { return matching(textPattern, longest) }
func nameText(longest int) form  { return matching(namePattern, longest) }

// atMost is any text, an empty one too.
func atMost(longest int) form { return func(s *huma.Schema) { s.MaxLength = new(longest) } }

// judged is a text that a rule judges which no pattern can say; the format names the rule.
func judged(format string, further ...form) form {
	return func(s *huma.Schema) {
		s.Format = format
		for _, add := range further {
			add(s)
		}
	}
}

// timePattern is of times of RFC 3339 in capitals, without leap seconds.
const timePattern = `^(?!0000)\d{4}-\d\d-\d\dT` +
	`([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`

// moment is a date or a time. Where it may be, an empty text is none.
func moment(emptyToo bool) form {
	return func(s *huma.Schema) {
		texts := []*huma.Schema{
			{Type: huma.TypeString, Format: "date", Pattern: `^(?!0000)`},
			{Type: huma.TypeString, Format: "date-time", Pattern: timePattern},
		}
		if emptyToo {
			texts = append(texts, &huma.Schema{Type: huma.TypeString, MaxLength: new(0)})
		}
		if s.Nullable {
			texts = append(texts, &huma.Schema{Type: "null"})
		}
		s.Type, s.Nullable, s.AnyOf = "", false, texts
	}
}

// listOf is a list of at most some elements of a form.
func listOf(most int, element form) form {
	return func(s *huma.Schema) {
		s.MaxItems = new(most)
		if element != nil {
			element(s.Items)
		}
	}
}

// customAttributes are those of a request; null removes one, or is left out.
func customAttributes(s *huma.Schema) {
	value := &huma.Schema{
		Minimum: new(float64(-contact.MaxExactNumber)), Maximum: new(float64(contact.MaxExactNumber)),
		Extensions: map[string]any{"type": []string{huma.TypeString, huma.TypeNumber, huma.TypeBoolean, "null"}},
	}
	plainText(contact.MaxString)(value)
	s.AdditionalProperties, s.MaxProperties = value, new(contact.MaxAttributes)
	s.Extensions = map[string]any{"propertyNames": &huma.Schema{Type: huma.TypeString, Pattern: attributeKeys}}
}

// Fields of a file and of an export, as patterns.
const (
	importFields = `^(name|firstName|lastName|email|phone|company|notes|labels|channel|createdAt|id|identities|` +
		`attr\.[A-Za-z0-9_.-]{1,64})$`
	exportFields = `^(id|name|email|phone|company|channel|labels|notes|identities|conversationCount|requestCount|` +
		`lastInteractionAt|createdAt|attr\.[A-Za-z0-9_.-]{1,64})$`
	formats   = `^([cC][sS][vV]|[xX][lL][sS][xX]|[jJ][sS][oO][nN])$`
	fileNames = `\.([cC][sS][vV]|[xX][lL][sS][xX]|[jJ][sS][oO][nN])$`
)

func mappings(s *huma.Schema) {
	s.MaxProperties = new(maxColumns)
	if value, ok := s.AdditionalProperties.(*huma.Schema); ok {
		value.Pattern = importFields
	}
}

// Limits that the domain keeps to itself.
const (
	maxColumns      = 500
	maxFilterText   = 1_000
	maxExportFields = 1_000
	maxScheduleName = 100
	maxExpression   = 256
	maxFileName     = 255
	maxSecret       = 1_500
	maxAccountID    = 256
)

// parameterForms are the forms of parameters by their names, "query.label" before "label".
var parameterForms = map[string]form{
	"path.id":              anything,
	"path.noteId":          anything,
	"path.label":           matching(labelPattern, contact.MaxLabel),
	"path.channel":         channelsWithAccounts,
	"path.accountId":       matching(accountIDPattern, maxAccountID),
	"query.cursor":         matching(cursorPattern, 0),
	"query.q":              atMost(contact.MaxSearch),
	"query.label":          anything,
	"query.company":        anything,
	"query.createdAfter":   moment(false),
	"query.createdBefore":  moment(false),
	"header." + keyHeader:  matching(keyPattern, maxKey),
	"header.If-Match":      func(s *huma.Schema) { s.Pattern = tagsPattern },
	"header.If-None-Match": func(*huma.Schema) {}, // one that cannot be read is not looked at
}

func channelsWithAccounts(s *huma.Schema) {
	s.Enum = []any{"whatsapp", "instagram", "messenger", "telegram", "sms", "widget", "email", "platform"}
}

// anything is any text but an empty one.
func anything(s *huma.Schema) { s.MinLength = new(1) }

var someLabels = listOf(contact.MaxLabels, matching(labelPattern, contact.MaxLabel))

// person are the forms of a contact's fields.
var person = map[string]form{
	"name": nameText(contact.MaxName), "phone": judged("phone", anything),
	"email":   matching(emailPattern, contact.MaxEmail),
	"company": plainText(contact.MaxCompany), "labels": someLabels, "customAttributes": customAttributes,
}

// filters are the forms of what chooses the contacts of an export. An empty text is no filter.
var filters = map[string]form{
	"q": atMost(contact.MaxSearch), "channel": nil, "label": atMost(maxFilterText), "company": atMost(maxFilterText),
	"createdAfter": moment(true), "createdBefore": moment(true),
	"fields": listOf(maxExportFields, matching(exportFields, 0)), "format": nil, "enabled": nil,
	"name": nameText(maxScheduleName), "schedule": judged("eventbridge-schedule", atMost(maxExpression)),
}

// bodyForms are the forms of the members of bodies, by the names of their schemas. Nil: the type says all.
var bodyForms = map[string]map[string]form{
	"ContactDraft": person, "ContactPatch": person,
	"NoteText":      {"text": plainText(contact.MaxNote)},
	"SettingsPatch": {"defaultRegion": judged("region"), "nightlyBackup": nil},
	"ScheduleDraft": filters, "SchedulePatch": filters, "StartExportInputBody": filters,
	"ImportRequest": {
		"fileName": matching(fileNamePattern, maxFileName), "size": func(s *huma.Schema) { s.Minimum = new(1.0) },
		"format": matching(formats, 0), "onDuplicate": nil, "dryRun": nil,
		"mapping": mappings, "labels": someLabels, "defaultRegion": judged("region"),
	},
	"MappingRequest":      {"mapping": mappings},
	"PutAccountInputBody": {"name": nameText(contact.MaxName), "secrets": nil},
	"AccountSecrets": {
		"appSecret": secret(printable), "verifyToken": secret(printable), "authToken": secret(printable),
		"secretToken": secret(telegramPattern), "signingSecret": secret(signingPattern), "previousSecretUntil": nil,
	},
}

func secret(pattern string) form { return matching(pattern, maxSecret) }

// addForms adds the forms of bodies to the document's schemas. maxUpload is the largest upload, in bytes; 0: not said.
func addForms(schemas map[string]*huma.Schema, maxUpload int64) {
	for name, members := range bodyForms {
		for member, add := range members {
			if schema := schemas[name].Properties[member]; schema != nil && add != nil {
				add(schema)
			}
		}
	}
	upload := schemas["ImportRequest"]
	if maxUpload > 0 {
		upload.Properties["size"].Maximum = new(float64(maxUpload))
	}
	upload.AnyOf = []*huma.Schema{ // the format is given, or the file's name ends in it
		{Required: []string{"format"}, Properties: map[string]*huma.Schema{"format": {Type: huma.TypeString}}},
		{Properties: map[string]*huma.Schema{"fileName": {Pattern: fileNames}}},
	}
}

// addParameterForms adds the forms of an operation's parameters.
func addParameterForms(op *huma.Operation) {
	for _, parameter := range op.Parameters {
		if add := parameterForms[parameter.In+"."+parameter.Name]; add != nil {
			shown := *parameter.Schema // others may share it
			add(&shown)
			parameter.Schema = &shown
		}
	}
}
