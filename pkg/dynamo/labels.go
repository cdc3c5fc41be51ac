package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
)

// The registry of labels has an entry for each label of a workspace: its first spelling, and the shards whose
// contacts were given it. Whether a label is in use, its facets say; one that nobody has any more is marked as
// unused, so that it is not looked for again, and its entry goes some time later.
//
// A label may be given to a contact in the very moment in which it is found unused, and nothing may be lost then. So
// both sides write first and look afterwards: who gives a label writes the facet, and then looks at the entry
// (confirmLabels); who finds it unused marks the entry, and then looks for facets once more (isUsed). Whoever comes
// second sees the other.

const (
	// labelRest is how long a label has to be unused before its entry is deleted: longer than anybody remembers an
	// entry (labelMemory) and any function runs.
	labelRest = time.Hour
	// labelMemory is how long a process remembers that a label is registered.
	labelMemory = 10 * time.Minute
	// registerTries bounds how often entries are written again because others wrote them meanwhile.
	registerTries = 10
	// registrarsAtOnce is how many hundreds of entries are written at once.
	registrarsAtOnce = 8
	// probesAtOnce is how many labels are looked for at once.
	probesAtOnce = 32
	// maxMarks is how many labels one request marks as unused. Those beyond are only looked for, and marked by
	// another one.
	maxMarks = 5_000
)

// Attributes of an entry.
const (
	attrLabel    = "label"
	attrShards   = "shards"   // bits: the index shards of the contacts that were given it; 0, of entries of before: all
	attrUnusedAt = "unusedAt" // when nobody was found to have it
)

// givenLabel is a label that is being given to contacts of some shards.
type givenLabel struct {
	label  string // its first spelling here
	shards int    // bits
}

// givenLabels are labels by their folded values.
type givenLabels map[string]givenLabel

// add takes in the labels that a change gives to a contact.
func (g givenLabels) add(before, after contact.Contact) {
	shard := before.Shard
	if before.ID == "" {
		shard = shardOf(after.ID)
	}
	had := map[string]bool{}
	for _, label := range before.Labels {
		had[contact.FacetKey(label)] = true
	}
	for _, label := range after.Labels {
		value := contact.FacetKey(label)
		if had[value] {
			continue
		}
		given, there := g[value]
		if !there {
			given.label = label
		}
		given.shards |= 1 << shard
		g[value] = given
	}
}

// given are the labels that one change gives to a contact.
func given(before, after contact.Contact) givenLabels {
	g := givenLabels{}
	g.add(before, after)
	return g
}

// registerLabels enters labels into the workspace's registry, before the transaction that gives them to contacts. The
// first spelling stays.
func (s *Store) registerLabels(ctx context.Context, workspace string, labels givenLabels) error {
	unknown := givenLabels{}
	for value, one := range labels {
		if !s.seen.has(labelMemo(workspace, value), one.shards, s.now().Add(-labelMemory)) {
			unknown[value] = one
		}
	}
	return s.enterLabels(ctx, workspace, unknown)
}

func labelMemo(workspace, value string) string { return workspace + "#label#" + value }

// confirmLabels is called after the transaction that gave labels to contacts. It enters those again that somebody
// found unused meanwhile.
func (s *Store) confirmLabels(ctx context.Context, workspace string, labels givenLabels) error {
	return s.enterLabels(ctx, workspace, labels)
}

// enterLabels puts the entries that are missing, and changes those that are marked as unused or lack shards.
func (s *Store) enterLabels(ctx context.Context, workspace string, labels givenLabels) error {
	for range registerTries {
		if len(labels) == 0 {
			return nil
		}
		values := slices.Sorted(maps.Keys(labels))
		keys := make([]key, len(values))
		for i, value := range values {
			keys[i] = labelKey(workspace, value)
		}
		read := s.now()
		found, err := s.readAll(ctx, s.tables.Jobs, keys, true)
		if err != nil {
			return err
		}
		writeID := newWriteID()
		var parts []part
		var lacking []string
		for i, value := range values {
			if one, entry := labels[value], found[keys[i]]; !enters(entry, one) {
				parts, lacking = append(parts, s.labelPart(keys[i], one, entry, writeID)), append(lacking, value)
			}
		}
		refused, err := s.writeEntries(ctx, parts)
		if err != nil {
			return err
		}
		left := givenLabels{}
		for n, value := range lacking {
			if refused[n/maxTransactionItems] {
				left[value] = labels[value]
			}
		}
		for value, one := range labels {
			if _, again := left[value]; !again {
				s.seen.add(labelMemo(workspace, value), one.shards, read)
			}
		}
		labels = left // others wrote them meanwhile
	}
	return busy(errors.New("dynamo: entries of labels are contended for"))
}

// enters reports whether an entry says that a label is in use in some shards.
func enters(entry item, one givenLabel) bool {
	return entry != nil && entry[attrUnusedAt] == nil && entry.number(attrShards)&one.shards == one.shards
}

// writeEntries writes entries, a hundred at once, and says which hundreds were refused.
func (s *Store) writeEntries(ctx context.Context, parts []part) (refused []bool, err error) {
	chunks := slices.Collect(slices.Chunk(parts, maxTransactionItems))
	refused = make([]bool, len(chunks))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(registrarsAtOnce)
	for n, chunk := range chunks {
		group.Go(func() error {
			err := s.transact(ctx, newWriteID(), chunk, maxTries)
			if _, is := errors.AsType[*refusal](err); is {
				refused[n], err = true, nil
			}
			return err
		})
	}
	return refused, group.Wait()
}

// labelPart puts an entry, or has it name more shards and be in use.
func (s *Store) labelPart(k key, one givenLabel, entry item, writeID string) part {
	if entry == nil {
		it := newItem(k, writeID, 2)
		it[attrLabel], it[attrShards] = text(one.label), number(one.shards)
		return put(s.tables.Jobs, it, ifAbsent)
	}
	c := ifWrittenBy(entry.text(attrWriteID))
	c.values[":writeId"], c.values[":shards"] = text(writeID), number(entry.number(attrShards)|one.shards)
	return change(s.tables.Jobs, k, "SET writeId = :writeId, shards = :shards REMOVE unusedAt", c)
}
