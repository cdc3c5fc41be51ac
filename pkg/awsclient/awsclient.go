// Package awsclient makes the AWS clients of the functions: one configuration, and an HTTP client whose time-outs are
// shorter than those of the functions, so that a lost answer is noticed and asked for again.
package awsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const (
	dialTimeout   = 2 * time.Second
	answerTimeout = 10 * time.Second // until the first byte; bodies may take longer
	connections   = 64               // kept to each service, for as many requests at once
	attempts      = 5
)

// Load reads region, credentials and endpoints as AWS clients usually do.
func Load(ctx context.Context) (aws.Config, error) {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: answerTimeout,
		MaxIdleConns:          4 * connections,
		MaxIdleConnsPerHost:   connections,
		IdleConnTimeout:       60 * time.Second,
		ForceAttemptHTTP2:     true,
	}
	return config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(&http.Client{Transport: transport}),
		config.WithRetryer(func() aws.Retryer { return retry.AddWithMaxAttempts(retry.NewStandard(), attempts) }))
}

// Start is how every function begins: it reads the function's settings and Load's configuration. A function that lacks anything says all
// that it lacks and ends.
func Start[Settings any](function string, load func() (Settings, error)) (Settings, aws.Config) {
	settings, err := load()
	cfg, cfgErr := Load(context.Background())
	if err := errors.Join(err, cfgErr); err != nil {
		fmt.Fprintf(os.Stderr, "%s cannot start: %v\n", function, err)
		os.Exit(1)
	}
	return settings, cfg
}

// DynamoDB makes a client of DynamoDB.
func DynamoDB(cfg aws.Config) *dynamodb.Client { return dynamodb.NewFromConfig(cfg) }

// S3 makes a client of S3. An endpoint other than AWS's own has one host name for all buckets.
func S3(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil
		o.DisableLogOutputChecksumValidationSkipped = true // objects of other writers have none; no line of our log
	})
}

// SQS makes a client of SQS.
func SQS(cfg aws.Config) *sqs.Client { return sqs.NewFromConfig(cfg) }
