package contact_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
)

// contacts are those that the API can hold, over few values, so that two of them often agree.
var contacts = rapid.Custom(func(t *rapid.T) contact.Contact {
	some := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	c := contact.Contact{
		ID: "1", Version: rapid.IntRange(1, 9).Draw(t, "version"), UpdatedAt: start,
		Name: some("name", "Mona", "mona", "Ali"), Email: some("email", "", "a@example.com", "A@example.com"),
		Phone: some("phone", "", "+201001234567"), Company: some("company", "", "Acme", "acme"),
		Labels: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"VIP", "new", "old"}), 0, 3, rapid.ID).Draw(t, "labels"),
	}
	c.Attributes = rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]any{"x", "1", 1.0, true, false}), 0, 3).Draw(t, "attributes")
	return c
})

// patches are any, nulls and several spellings of a label among them.
var patches = rapid.Custom(func(t *rapid.T) contact.Patch {
	to := contacts.Draw(t, "to")
	field := func(value string) contact.Field[string] {
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			return contact.Field[string]{}
		case 1:
			return contact.Field[string]{Set: true, Null: true}
		default:
			return contact.Field[string]{Set: true, Value: value}
		}
	}
	patch := contact.Patch{Name: set(to.Name), Email: field(to.Email), Phone: field(to.Phone), Company: field(to.Company)}
	patch.Labels = contact.Field[[]string]{Set: rapid.Bool().Draw(t, "labels set"), Value: to.Labels}
	patch.Attributes = contact.Field[map[string]any]{Set: rapid.Bool().Draw(t, "attributes set"), Value: to.Attributes}
	for _, key := range rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "d"})).Draw(t, "removed") {
		patch.Attributes.Value[key] = nil
	}
	return patch
})

func TestApplyOfItsOwnResultChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, patch := contacts.Draw(t, "before"), patches.Draw(t, "patch")
		was := contactCopy(before)
		after, activity, changed := contact.Apply(before, patch, agent, start)
		if diff := cmp.Diff(was, before); diff != "" {
			t.Fatalf("the contact before is changed itself: %s", diff)
		}
		if changed != (after.Version == before.Version+1) || changed != (len(activity.Changes) > 0) {
			t.Fatalf("changed %v, version %d, %v", changed, after.Version, activity.Changes)
		}
		if _, _, again := contact.Apply(after, patch, agent, start); again {
			t.Fatal("the patch changes its own result")
		}
		if diff := cmp.Diff(activity.Changes, contact.Changes(before, after), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("the activity tells something else: %s", diff)
		}
	})
}

func contactCopy(c contact.Contact) contact.Contact {
	c.Labels, c.Attributes = slices.Clone(c.Labels), maps.Clone(c.Attributes)
	return c
}

// The patch from one contact to another makes the one the other, and the patch back undoes it.
func TestPatchesLeadThereAndBack(t *testing.T) {
	content := cmp.Options{
		cmpopts.IgnoreFields(contact.Contact{}, "Version", "UpdatedAt", "NamedBy", "PhoneBy", "EmailBy"), cmpopts.EquateEmpty(),
		cmpopts.SortSlices(func(a, b string) bool { return a < b }),
	}
	rapid.Check(t, func(t *rapid.T) {
		one, other := contacts.Draw(t, "one"), contacts.Draw(t, "other")
		there, _, _ := contact.Apply(one, difference(one, other), agent, start)
		if diff := cmp.Diff(other, there, content); diff != "" {
			t.Fatalf("there: %s", diff)
		}
		back, _, _ := contact.Apply(there, difference(there, one), agent, start)
		if diff := cmp.Diff(one, back, content); diff != "" {
			t.Fatalf("back: %s", diff)
		}
	})
}

// difference is the merge patch from one contact to another.
func difference(from, to contact.Contact) contact.Patch {
	field := func(value string) contact.Field[string] {
		return contact.Field[string]{Set: true, Null: value == "", Value: value}
	}
	attributes := maps.Clone(to.Attributes)
	for key := range from.Attributes {
		if _, kept := to.Attributes[key]; !kept {
			attributes[key] = nil
		}
	}
	return contact.Patch{
		Name: field(to.Name), Email: field(to.Email), Phone: field(to.Phone), Company: field(to.Company),
		Labels:     contact.Field[[]string]{Set: true, Null: len(to.Labels) == 0, Value: to.Labels},
		Attributes: contact.Field[map[string]any]{Set: true, Value: attributes},
	}
}

func TestTheClockOfAChangeNeverRunsBack(t *testing.T) {
	before := contact.Contact{Name: "Mona", Version: 1, UpdatedAt: start.Add(time.Hour)}
	after, activity, _ := contact.Apply(before, contact.Patch{Name: set("Ali")}, contact.Actor{Type: contact.ByImport}, start)
	if !after.UpdatedAt.Equal(before.UpdatedAt) || !activity.At.Equal(after.UpdatedAt) || after.NamedBy != contact.ByImport {
		t.Errorf("%+v, %+v", after, activity)
	}
}

// What is stored is in its final form: given again, in a draft or patch, it stays as it is.
func TestNormalisingTwiceChangesNothing(t *testing.T) {
	texts := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("aÅe\u0301ßIİıΣς٣  \t\n/#.@\u200f\u1e9b\u0323"))))
	rapid.Check(t, func(t *rapid.T) {
		given := texts.Draw(t, "text")
		for name, normalize := range map[string]func(string) (string, error){
			"name": contact.NormalizeName, "company": contact.NormalizeCompany, "note": contact.NormalizeNote, "label": contact.NormalizeLabel,
			"email": contact.NormalizeEmail, "phone": func(s string) (string, error) { return phone.Parse(s, "EG") },
		} {
			once, err := normalize(given)
			if err != nil {
				if once != "" {
					t.Fatalf("%s: %q is refused and gives %q", name, given, once)
				}
				continue
			}
			if twice, err := normalize(once); err != nil || twice != once {
				t.Fatalf("%s: %q gives %q, which gives %q, %v", name, given, once, twice, err)
			}
		}
		if key := contact.FacetKey(given); contact.FacetKey(key) != key {
			t.Fatalf("the key %q has the key %q", key, contact.FacetKey(key))
		}
		labels, err := contact.NormalizeLabels([]string{given, "VIP", given, "vip"})
		if again, _ := contact.NormalizeLabels(labels); err == nil && !slices.Equal(labels, again) {
			t.Fatalf("%q are normalised to %q", labels, again)
		}
	})
}
