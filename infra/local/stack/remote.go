package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	addresses "net/url"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

// AWSConfig reaches AWS as the caller's environment and profile say. It refuses an environment that points at this
// machine, as a shell that has evaluated `make env` does: what is meant for AWS would go to the emulator.
func AWSConfig(ctx context.Context) (aws.Config, error) {
	if local := localEndpoints(os.Environ()); len(local) > 0 {
		return aws.Config{}, fmt.Errorf("this command is for AWS, but this shell points at the local stack (%s). "+
			"Use a shell that has not evaluated `make env`, or unset these variables, AWS_ACCESS_KEY_ID, "+
			"AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_DEFAULT_REGION", strings.Join(local, ", "))
	}
	return config.LoadDefaultConfig(ctx)
}

// localEndpoints lists the variables of an environment that send the SDK to a loopback address.
func localEndpoints(environment []string) (local []string) {
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if name != "AWS_ENDPOINT_URL" && !strings.HasPrefix(name, "AWS_ENDPOINT_URL_") {
			continue
		}
		if address, err := addresses.Parse(value); err == nil && isLoopback(address.Hostname()) {
			local = append(local, variable)
		}
	}
	slices.Sort(local)
	return local
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// ExplainAWS adds to the error of a call to AWS what to look at, and shortens the SDK's own words. Other errors stay
// what they are.
func ExplainAWS(err error) error {
	if call := (*smithy.OperationError)(nil); !errors.As(err, &call) {
		return err
	}
	return &awsError{err}
}

// awsError is an error of a call to AWS, in words for people.
type awsError struct{ err error }

func (e *awsError) Error() string {
	return "The call to AWS failed. Check the credentials (`aws sts get-caller-identity`, AWS_PROFILE) and the region " +
		"(AWS_REGION): " + shortReason(e.err)
}

func (e *awsError) Unwrap() error { return e.err }

// shortReason is what the service answered, or else what the SDK could not do.
func shortReason(err error) string {
	var answer smithy.APIError
	var network *net.OpError
	switch {
	// The SDK asks the metadata of EC2 last, and its error speaks of nothing else.
	case strings.Contains(err.Error(), "failed to refresh cached credentials, no EC2 IMDS role found"):
		return "no credentials were found"
	case errors.As(err, &answer):
		return answer.ErrorCode() + ": " + answer.ErrorMessage()
	case errors.As(err, &network):
		return network.Error()
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}
