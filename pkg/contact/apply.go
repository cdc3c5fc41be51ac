package contact

import (
	"maps"
	"reflect"
	"slices"
	"time"
)

// Apply returns the contact with a patch of normalised values applied, as the next version, and the activity that says what
// changed. More are changes of what hangs on the contact (NoteChange). When nothing changes, changed is false and after is before.
func Apply(before Contact, patch Patch, actor Actor, now time.Time, more ...Change) (after Contact, activity Activity, changed bool) {
	after = before
	after.Name = patched(before.Name, patch.Name)
	after.Email = patched(before.Email, patch.Email)
	after.Phone = patched(before.Phone, patch.Phone)
	after.Company = patched(before.Company, patch.Company)
	if patch.Identities.Set {
		after.Identities = patch.Identities.Value
	}
	if patch.Labels.Set {
		after.Labels = respelled(before.Labels, patch.Labels.Value)
	}
	if patch.Attributes.Set {
		after.Attributes = merged(before.Attributes, patch.Attributes)
	}
	changes := append(Changes(before, after), more...)
	if len(changes) == 0 {
		return before, Activity{}, false
	}
	after.wroteBy(before, actor.Type)
	after.Version, after.UpdatedAt = before.Version+1, later(before.UpdatedAt, now)
	return after, Activity{At: after.UpdatedAt, Actor: actor, Action: "updated", Changes: changes}, true
}

// wroteBy remembers who wrote the values that a channel may change when a channel wrote them.
func (c *Contact) wroteBy(before Contact, writer ActorType) {
	for _, one := range []struct {
		from, to string
		by       *ActorType
		said     *string
	}{{before.Name, c.Name, &c.NamedBy, &c.Said.Name}, {before.Phone, c.Phone, &c.PhoneBy, &c.Said.Phone}, {before.Email, c.Email, &c.EmailBy, &c.Said.Email}} {
		if one.from == one.to {
			continue
		}
		if *one.by, *one.said = writer, ""; one.to == "" {
			*one.by = "" // a channel may give another
		}
	}
}

// BringBack gives the contact the name, e-mail and phone that it had, with who wrote them.
func (c *Contact) BringBack(before Contact) {
	if c.Name != before.Name || c.NamedBy != before.NamedBy {
		c.Name, c.NamedBy, c.Said.Name = before.Name, before.NamedBy, before.Said.Name
	}
	if c.Phone != before.Phone || c.PhoneBy != before.PhoneBy {
		c.Phone, c.PhoneBy, c.Said.Phone = before.Phone, before.PhoneBy, before.Said.Phone
	}
	if c.Email != before.Email || c.EmailBy != before.EmailBy {
		c.Email, c.EmailBy, c.Said.Email = before.Email, before.EmailBy, before.Said.Email
	}
}

// NoteChange is the change of a note's text, empty standing for absent. The activity holds its beginning; the note holds it all.
func NoteChange(from, to string) Change {
	const shown = 200 // characters
	beginning := func(text string) string {
		if runes := []rune(text); len(runes) > shown {
			return string(runes[:shown]) + "…"
		}
		return text
	}
	return Change{"notes", orNil(beginning(from)), orNil(beginning(to))}
}

// later keeps updatedAt from running backwards on a clock that is behind.
func later(before, now time.Time) time.Time {
	if now.Before(before) {
		return before
	}
	return now
}

func patched(before string, f Field[string]) string {
	switch {
	case !f.Set:
		return before
	case f.Null:
		return ""
	default:
		return f.Value
	}
}

// respelled are the wanted labels, those that were there already in their first spelling.
func respelled(before, wanted []string) []string {
	var labels []string
	for _, label := range wanted {
		key := FacetKey(label)
		if i := slices.IndexFunc(before, func(old string) bool { return FacetKey(old) == key }); i >= 0 {
			label = before[i]
		}
		labels = append(labels, label)
	}
	return labels
}

func merged(before map[string]any, patch Field[map[string]any]) map[string]any {
	if patch.Null {
		return nil
	}
	after := maps.Clone(before)
	if after == nil {
		after = map[string]any{}
	}
	for key, value := range patch.Value {
		if value == nil {
			delete(after, key)
		} else {
			after[key] = value
		}
	}
	return after
}

// Changes lists what differs between two states of a contact, always in the same order: the fields, the identities and then the labels
// taken away and added, and the attributes by key. Another order of the same labels is no change.
func Changes(before, after Contact) []Change {
	var changes []Change
	text := func(field, from, to string) {
		if from != to {
			changes = append(changes, Change{field, orNil(from), orNil(to)})
		}
	}
	text("name", before.Name, after.Name)
	text("email", before.Email, after.Email)
	text("phone", before.Phone, after.Phone)
	text("company", before.Company, after.Company)
	for _, identity := range lacking(before.Identities, after.Identities) {
		changes = append(changes, Change{"identities", identity.label(), nil})
	}
	for _, identity := range lacking(after.Identities, before.Identities) {
		changes = append(changes, Change{"identities", nil, identity.label()})
	}
	for _, label := range before.Labels {
		if !slices.Contains(after.Labels, label) {
			changes = append(changes, Change{"labels", label, nil})
		}
	}
	for _, label := range after.Labels {
		if !slices.Contains(before.Labels, label) {
			changes = append(changes, Change{"labels", nil, label})
		}
	}
	keys := maps.Clone(before.Attributes)
	if keys == nil {
		keys = map[string]any{}
	}
	maps.Copy(keys, after.Attributes)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if from, to := before.Attributes[key], after.Attributes[key]; !reflect.DeepEqual(from, to) {
			changes = append(changes, Change{"attr." + key, from, to})
		}
	}
	return changes
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
