package seal

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// NewClient makes a client of KMS. It is made here and not with the others, because what it links costs start-up in functions that do
// without.
func NewClient(cfg aws.Config) *kms.Client { return kms.NewFromConfig(cfg) }
