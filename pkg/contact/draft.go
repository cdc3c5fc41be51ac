package contact

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/problem"
)

// Draft is what a client says of a new contact. Nil stands for absent.
type Draft struct {
	Name, Email, Phone, Company *string
	Labels                      []string
	Attributes                  map[string]any
}

// Field is one member of a merge patch: not there, null, or a value.
type Field[T any] struct {
	Set, Null bool
	Value     T
}

// Patch is a JSON merge patch (RFC 7396) of a contact. A nil attribute removes its key; labels are replaced whole, and so are identities,
// which no client sets.
type Patch struct {
	Name, Email, Phone, Company Field[string]
	Identities                  Field[[]Identity]
	Labels                      Field[[]string]
	Attributes                  Field[map[string]any]
}

// normalize returns the draft as a patch of a blank contact, with every value in its stored form; problem.ValidationFailed
// with all faults, a missing name among them.
func (d Draft) normalize(phone func(raw string) (string, error)) (Patch, error) {
	n := normalizer{phone: phone, blank: true}
	if d.Name == nil {
		n.fault("name", nil, errNoName)
	}
	return n.patch(d.patch())
}

// patch says the same as the draft: what is nil is not set.
func (d Draft) patch() Patch {
	set := func(s *string) Field[string] {
		if s == nil {
			return Field[string]{}
		}
		return Field[string]{Set: true, Value: *s}
	}
	return Patch{
		Name: set(d.Name), Email: set(d.Email), Phone: set(d.Phone), Company: set(d.Company),
		Labels:     Field[[]string]{Set: d.Labels != nil, Value: d.Labels},
		Attributes: Field[map[string]any]{Set: d.Attributes != nil, Value: d.Attributes},
	}
}

// ParsePhone reads a phone number: package phone's Parse, which the domain does not link. It may be called by several at once.
type ParsePhone func(raw, region string) (e164 string, err error)

// normalizer collects every fault of a request, so that a client sees all of them at once. What the contact has already
// is no fault and no change, whatever it is: a channel may give a phone of a range that is newer than our tables, and a
// merge more labels than a request may.
type normalizer struct {
	before  Contact // zero for a new one
	phone   func(raw string) (string, error)
	blank   bool // of a new contact: of one that is there, how many labels and attributes it may have depends on how many it has (check)
	faults  []problem.FieldError
	failure error // of ours, which no other value can mend
}

// normalize returns the patch of a contact with every value in its stored form; problem.ValidationFailed with all
// faults.
func (p Patch) normalize(before Contact, phone func(raw string) (string, error)) (Patch, error) {
	n := normalizer{before: before, phone: phone}
	return n.patch(p)
}

func (n *normalizer) patch(p Patch) (Patch, error) {
	p.Name = n.text("name", p.Name, n.before.Name, n.name)
	p.Email = n.text("email", p.Email, n.before.Email, NormalizeEmail)
	p.Phone = n.text("phone", p.Phone, n.before.Phone, n.parsePhone)
	p.Company = n.text("company", p.Company, n.before.Company, NormalizeCompany)
	p.Labels.Value = n.labels(p.Labels.Value)
	p.Attributes.Value = n.attributes(p.Attributes.Value)
	return p, n.err()
}

// name reads a name. What is shown of a contact without one is repeated by clients that send a contact back whole.
func (n *normalizer) name(raw string) (string, error) {
	name, err := NormalizeName(raw)
	if err != nil && n.before.Name == "" && raw != "" && raw == n.before.DisplayName() {
		return "", nil
	}
	return name, err
}

func (n *normalizer) parsePhone(raw string) (string, error) {
	if fold.Blank(raw) {
		return "", errEmpty
	}
	number, err := n.phone(raw)
	if err == nil {
		return number, nil
	}
	digits, international, isNumber := dialled(raw)
	if isNumber && international && "+"+strings.TrimPrefix(digits, "00") == n.before.Phone {
		return n.before.Phone, nil
	}
	return "", err
}

func (n *normalizer) fault(location string, value any, err error) {
	n.faults = append(n.faults, problem.FieldError{Location: "body." + location, Message: err.Error(), Value: value})
}

// text reads one field; had is what the contact has there.
func (n *normalizer) text(
	field string, f Field[string], had string, normalize func(string) (string, error),
) Field[string] {
	if !f.Set || f.Null {
		return f
	}
	if had != "" && f.Value == had {
		return Field[string]{}
	}
	value, err := normalize(f.Value)
	if _, ours := errors.AsType[*regionError](err); ours {
		n.failure = err
	} else if err != nil {
		n.fault(field, short(f.Value), err)
	}
	return Field[string]{Set: true, Value: value}
}

// short keeps an over-long value from being repeated whole in the answer.
func short(value string) string {
	const limit = 100
	if runes := []rune(value); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return value
}

func (n *normalizer) labels(labels []string) []string {
	var all []string
	for i, raw := range labels {
		if slices.Contains(n.before.Labels, raw) {
			all = AddLabels(all, raw)
			continue
		}
		label, err := NormalizeLabel(raw)
		if err != nil {
			n.fault(fmt.Sprintf("labels[%d]", i), short(raw), err)
			continue
		}
		all = AddLabels(all, label)
	}
	if err := checkLabelCount(all); n.blank && err != nil {
		n.fault("labels", nil, err)
	}
	return all
}

func (n *normalizer) attributes(attributes map[string]any) map[string]any {
	if attributes == nil {
		return nil
	}
	all := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		location, value := "customAttributes."+short(key), attributes[key]
		if had, known := n.before.Attributes[key]; known && (value == nil || reflect.DeepEqual(value, had)) {
			all[key] = value
			continue
		}
		if err := CheckAttributeKey(key); err != nil {
			n.fault(location, nil, err)
			continue
		}
		if value == nil {
			all[key] = nil
			continue
		}
		normalized, err := NormalizeAttribute(value)
		if err != nil {
			n.fault(location, nil, err)
			continue
		}
		all[key] = normalized
	}
	if err := checkAttributeCount(len(all)); n.blank && err != nil {
		n.fault("customAttributes", nil, err)
	}
	return all
}

func (n *normalizer) err() error {
	if len(n.faults) == 0 || n.failure != nil {
		return n.failure
	}
	return &problem.Error{Code: problem.ValidationFailed, Detail: "Some values cannot be used; errors says which and why.", Fields: n.faults}
}
