package main

import (
	"context"
	"fmt"

	"github.com/occ/contacts/infra/local/stack"
)

// verify walks the tables of the running stack and prints what does not hold.
func verify(ctx context.Context, _ flags) error {
	if _, _, err := target(ctx, ""); err != nil {
		return err
	}
	port, err := port()
	if err != nil {
		return err
	}
	found, err := stack.Storage(stack.DynamoDBAddress(port, dynamoDB(port))).Verify(ctx)
	if err != nil {
		return err
	}
	for _, breach := range found.Breaches {
		fmt.Println(breach)
	}
	fmt.Printf("%d contacts, %d imports, %d exports, %d items: %d breaches\n", found.Contacts, found.Imports, found.Exports, found.Items, len(found.Breaches))
	if len(found.Breaches) > 0 {
		return fmt.Errorf("%d breaches", len(found.Breaches))
	}
	return nil
}
