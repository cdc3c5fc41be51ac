package contact

import (
	"context"
	"slices"

	"github.com/occ/contacts/pkg/problem"
)

// Labels are those that some contact of the workspace has, each in the spelling that was first.
func (s *Service) Labels(ctx context.Context, workspace string) ([]string, error) {
	return s.store.Labels(ctx, workspace)
}

// AddLabel gives a contact a label that it may have already. Errors: NotFound, ValidationFailed, ContactTooLarge, Unavailable.
func (s *Service) AddLabel(ctx context.Context, workspace, id string, actor Actor, raw string) error {
	label, err := pathLabel(raw)
	if err != nil {
		return err
	}
	_, err = s.edit(ctx, workspace, id, actor, Precondition{}, func(before Contact) (Patch, error) {
		labels := AddLabels(before.Labels, label)
		if err := checkLabelCount(labels); err != nil && len(labels) > len(before.Labels) {
			return Patch{}, problem.Invalid("path.label", nil, "%s", err)
		}
		return Patch{Labels: Field[[]string]{Set: true, Value: labels}}, nil
	})
	return err
}

// RemoveLabel takes a label off a contact, which need not have it. Errors: NotFound, ValidationFailed, Unavailable.
func (s *Service) RemoveLabel(ctx context.Context, workspace, id string, actor Actor, raw string) error {
	label, err := pathLabel(raw)
	if err != nil {
		return err
	}
	_, err = s.edit(ctx, workspace, id, actor, Precondition{}, func(before Contact) (Patch, error) {
		labels := slices.DeleteFunc(slices.Clone(before.Labels), func(other string) bool { return FacetKey(other) == FacetKey(label) })
		return Patch{Labels: Field[[]string]{Set: true, Value: labels}}, nil
	})
	return err
}

func pathLabel(raw string) (string, error) {
	label, err := NormalizeLabel(raw)
	if err != nil {
		return "", problem.Invalid("path.label", short(raw), "%s", err)
	}
	return label, nil
}
