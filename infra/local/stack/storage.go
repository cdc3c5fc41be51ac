package stack

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/occ/contacts/pkg/dynamo"
)

// Storage is the stack's storage, as the functions see it, on the DynamoDB server at an address.
func Storage(address string) *dynamo.Store {
	tables := dynamo.Tables{Contacts: Name + "-contacts", Timeline: Name + "-timeline", Jobs: Name + "-jobs"}
	return dynamo.Open(dynamodb.NewFromConfig(Config(address)), tables)
}
