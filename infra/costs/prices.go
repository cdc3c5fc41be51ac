// Command costs prints what the service costs on AWS for some months that one can imagine, computed from three
// things: what requests consume (units.json, measured by a test on a real DynamoDB endpoint), what the template
// deploys (template.yaml), and prices. A test holds infra/COSTS.md against what it prints. `go run ./infra/costs >
// infra/COSTS.md` writes the page.
package main

import (
	"maps"
	"slices"
)

// A price is what AWS charges in us-east-1, in dollars, without a free tier.
type price struct {
	name   string
	per    float64 // of how many units
	unit   string
	dollar float64
	source string
}

// The prices are those of us-east-1 for arm64 functions and tables on demand, read in November 2026.
var prices = map[string]price{
	"write":     {"DynamoDB, write units", 1e6, "units", 0.625, "https://aws.amazon.com/dynamodb/pricing/on-demand/"},
	"read":      {"DynamoDB, read units", 1e6, "units", 0.125, "https://aws.amazon.com/dynamodb/pricing/on-demand/"},
	"stored":    {"DynamoDB, storage", 1, "GB and month", 0.25, "https://aws.amazon.com/dynamodb/pricing/on-demand/"},
	"recovery":  {"DynamoDB, point-in-time recovery", 1, "GB and month", 0.20, "https://aws.amazon.com/dynamodb/pricing/on-demand/"},
	"call":      {"Lambda, calls", 1e6, "calls", 0.20, "https://aws.amazon.com/lambda/pricing/"},
	"compute":   {"Lambda, time", 1, "GB-second", 0.0000133334, "https://aws.amazon.com/lambda/pricing/"},
	"gateway":   {"API Gateway, requests", 1e6, "requests", 1.00, "https://aws.amazon.com/api-gateway/pricing/"},
	"queue":     {"SQS, requests", 1e6, "requests", 0.40, "https://aws.amazon.com/sqs/pricing/"},
	"log":       {"CloudWatch, logs taken in", 1, "GB", 0.50, "https://aws.amazon.com/cloudwatch/pricing/"},
	"metric":    {"CloudWatch, metrics of our own", 1, "metric and month", 0.30, "https://aws.amazon.com/cloudwatch/pricing/"},
	"alarm":     {"CloudWatch, alarms", 1, "metric and month", 0.10, "https://aws.amazon.com/cloudwatch/pricing/"},
	"dashboard": {"CloudWatch, dashboards", 1, "dashboard and month", 3.00, "https://aws.amazon.com/cloudwatch/pricing/"},
	"key":       {"KMS, keys", 1, "key and month", 1.00, "https://aws.amazon.com/kms/pricing/"},
	"decrypt":   {"KMS, requests", 1e6, "requests", 3.00, "https://aws.amazon.com/kms/pricing/"},
	"object":    {"S3, PUT and LIST requests", 1e3, "requests", 0.005, "https://aws.amazon.com/s3/pricing/"},
	"file":      {"S3, storage", 1, "GB and month", 0.023, "https://aws.amazon.com/s3/pricing/"},
	"schedule":  {"EventBridge Scheduler, calls", 1e6, "calls", 1.00, "https://aws.amazon.com/eventbridge/pricing/"},
	"user":      {"Cognito, active users above 10,000", 1, "user and month", 0.0055, "https://aws.amazon.com/cognito/pricing/"},
}

// use is an amount of what has a price, by the price's key.
type use map[string]float64

// cost is what a use costs, in dollars. It adds up in one order, so that a sum between two cents is always rounded
// alike.
func (u use) cost() float64 {
	sum := 0.0
	for _, key := range slices.Sorted(maps.Keys(u)) {
		p, known := prices[key]
		if !known {
			panic("costs: no price of " + key)
		}
		sum += u[key] / p.per * p.dollar
	}
	return sum
}

// add adds uses, each so many times.
func (u use) add(times float64, more use) use {
	for key, amount := range more { // each key apart: their order does not matter
		u[key] += times * amount
	}
	return u
}
