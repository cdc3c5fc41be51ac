package scheduler

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
)

// NewClient makes a client of EventBridge Scheduler. It is made here and not with the others, because what it links costs start-up in functions that do
// without.
func NewClient(cfg aws.Config) *scheduler.Client { return scheduler.NewFromConfig(cfg) }
