package dynamo

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// registerLabels enters labels into the workspace's registry, before the transaction that gives them to a contact; a process does so
// once for each. The first spelling stays.
func (s *Store) registerLabels(ctx context.Context, workspace string, labels []string) error {
	for _, label := range labels {
		value := contact.FacetKey(label)
		err := s.once(ctx, labelsPartition(workspace)+sep+value, func(ctx context.Context) error {
			it := newItem(labelKey(workspace, value), newWriteID(), 1)
			it["label"] = text(label)
			_, err := s.putOne(ctx, s.tables.Jobs, it, ifAbsent)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// labelsOf are the labels of what a chunk writes, each once.
func labelsOf(writes []importing.Write) []string {
	var labels []string
	for _, w := range writes {
		switch {
		case w.Create != nil:
			labels = append(labels, w.Create.Labels...)
		case w.Update != nil:
			labels = append(labels, w.Update.After.Labels...)
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

// probesAtOnce is how many labels are looked for at once.
const probesAtOnce = 16

// Labels implements contact.Store. An entry of the registry is never deleted: a label that is taken up again just then would be
// lost. So it is looked up which ones some contact has.
func (s *Store) Labels(ctx context.Context, workspace string) ([]string, error) {
	var entries []item
	err := s.eachOf(ctx, s.tables.Jobs, labelsPartition(workspace), "", func(it item) error {
		entries = append(entries, it)
		return nil
	})
	if err != nil {
		return nil, err
	}
	used := make([]bool, len(entries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(probesAtOnce)
	for i, it := range entries {
		group.Go(func() (err error) {
			used[i], err = s.anyHas(ctx, workspace, it.text(attrSK))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	labels := []string{}
	for i, it := range entries {
		if used[i] {
			labels = append(labels, it.text("label"))
		}
	}
	return labels, nil
}

// anyHas says whether some contact has a label.
func (s *Store) anyHas(ctx context.Context, workspace, value string) (bool, error) {
	for shard := range indexShards {
		got, err := s.query(ctx, source{partition: facetPartition(workspace, "label", value, shard)}, order{}, 1, nil)
		if err != nil || len(got.entries) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}
