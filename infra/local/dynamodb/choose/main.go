// Command choose prints which DynamoDB server this machine is to use, for the Makefile.
package main

import (
	"fmt"
	"os"

	"github.com/occ/contacts/infra/local/dynamodb"
)

func main() {
	choice, err := dynamodb.Choose()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
	if choice.Why != "" {
		fmt.Fprintln(os.Stderr, choice.Why)
	}
	fmt.Println(choice.Kind)
}
