package invoke

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// NewClient makes a client of Lambda. It is made here and not with the others, because what it links costs start-up in functions that do
// without.
func NewClient(cfg aws.Config) *lambda.Client { return lambda.NewFromConfig(cfg) }
