package dynamo

import (
	"fmt"

	"github.com/occ/contacts/pkg/problem"
)

// What DynamoDB takes. Both are checked before a request is sent: a refusal of DynamoDB's says neither which item was
// too large nor what somebody can do about it.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const (
	maxItemBytes    = 400 << 10
	transactionMost = 4 << 20
)

// checkParts refuses a transaction that DynamoDB would refuse for its size: an item above 400 KB, more than 100
// items, more than 4 MB.
func (s *Store) checkParts(parts []part) error {
	total := 0
	for _, p := range parts {
		if total += p.bytes; p.bytes > maxItemBytes {
			return s.tooLarge(p.table(), p.bytes)
		}
	}
	switch {
	case len(parts) > maxTransactionItems:
		return problem.New(problem.ContactTooLarge, "The change touches %d items at once, and %d are the most. Change fewer labels or identities at a time.",
			len(parts), maxTransactionItems)
	case total > transactionMost:
		return problem.New(problem.ContactTooLarge, "The change has %d bytes, and %d are the most. Shorten or remove custom attributes.", total, transactionMost)
	}
	return nil
}

// checkItem refuses an item that DynamoDB would refuse for its size.
func (s *Store) checkItem(table string, it item) error {
	if size := it.size(); size > maxItemBytes {
		return s.tooLarge(table, size)
	}
	return nil
}

// tooLarge is the error of an item above 400 KB. Only contacts and what is said of them hold texts of people;
// whatever else outgrows an item is a fault of ours.
func (s *Store) tooLarge(table string, size int) error {
	if table == s.tables.Jobs {
		return fmt.Errorf("dynamo: an item of table %s would have %d bytes, and %d are the most", table, size, maxItemBytes)
	}
	return problem.New(problem.ContactTooLarge, "The contact would be stored with %d bytes, and %d are the most. Shorten or remove custom attributes.", size, maxItemBytes)
}
