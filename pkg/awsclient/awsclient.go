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

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/occ/contacts/pkg/metrics"
)

const (
	dialTimeout   = 2 * time.Second
	answerTimeout = 4 * time.Second  // until the first byte, so that an answer that was lost is noticed while there is time
	objectTimeout = 10 * time.Second // the same of S3, which looks at whole objects first; bodies may take longer
	connections   = 64               // kept to each service, for as many requests at once
)

// Load reads region, credentials and endpoints as AWS clients usually do. The recorder hears of retries; it may be nil.
func Load(ctx context.Context, recorder *metrics.Recorder) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(httpClient(answerTimeout)),
		config.WithRetryer(func() aws.Retryer { return NewRetryer(recorder) }))
}

func httpClient(timeout time.Duration) *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: timeout,
		MaxIdleConns:          4 * connections,
		MaxIdleConnsPerHost:   connections,
		IdleConnTimeout:       60 * time.Second,
		ForceAttemptHTTP2:     true,
	}}
}

// Start is how every function begins: it reads the function's settings and Load's configuration, and makes the
// recorder of its metrics. A function that lacks anything says all that it lacks and ends.
func Start[Settings any](function string, load func() (Settings, error)) (Settings, aws.Config, *metrics.Recorder) {
	settings, err := load()
	recorder := metrics.New(function, lambdacontext.FunctionName, os.Stdout, time.Now)
	cfg, cfgErr := Load(context.Background(), recorder)
	if err := errors.Join(err, cfgErr); err != nil {
		fmt.Fprintf(os.Stderr, "%s cannot start: %v\n", function, err)
		os.Exit(1)
	}
	return settings, cfg, recorder
}

// DynamoDB makes a client of DynamoDB.
func DynamoDB(cfg aws.Config) *dynamodb.Client { return dynamodb.NewFromConfig(cfg) }

// S3 makes a client of S3. An endpoint other than AWS's own has one host name for all buckets.
func S3(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.HTTPClient = httpClient(objectTimeout)
		o.UsePathStyle = o.BaseEndpoint != nil
		o.DisableLogOutputChecksumValidationSkipped = true // objects of other writers have none; no line of our log
	})
}

// SQS makes a client of SQS.
func SQS(cfg aws.Config) *sqs.Client { return sqs.NewFromConfig(cfg) }
