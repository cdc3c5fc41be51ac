package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func TestCommandsForAWSRefuseTheLocalStack(t *testing.T) {
	for variable, local := range map[string]bool{
		"AWS_ENDPOINT_URL=http://127.0.0.1:3001":          true,
		"AWS_ENDPOINT_URL_DYNAMODB=http://localhost:8000": true,
		"AWS_ENDPOINT_URL_S3=http://s3.localhost:4566":    true,
		"AWS_ENDPOINT_URL=http://[::1]:3001":              true,
		"AWS_ENDPOINT_URL=https://vpce-1.example.com":     false,
		"AWS_ENDPOINT_URL=":                               false,
		"OTHER=http://127.0.0.1:3001":                     false,
	} {
		if got := localEndpoints([]string{"PATH=/bin", variable}); slices.Contains(got, variable) != local {
			t.Errorf("%s: %q", variable, got)
		}
	}
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
	_, err := AWSConfig(t.Context())
	for _, want := range []string{"AWS_ENDPOINT_URL_STS=http://127.0.0.1:1", "make env", "unset"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestErrorsOfAWSSayWhatToLookAt(t *testing.T) {
	inOperation := func(reason error) error {
		return fmt.Errorf("ask: %w", &smithy.OperationError{ServiceID: "STS", OperationName: "GetCallerIdentity", Err: reason})
	}
	_, unreachable := sts.NewFromConfig(Config("http://127.0.0.1:1"), func(o *sts.Options) { o.RetryMaxAttempts = 1 }).
		GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	for want, err := range map[string]error{
		"no credentials were found": inOperation(errors.New(
			"get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata")),
		"AccessDenied: not yours": inOperation(&smithy.GenericAPIError{Code: "AccessDenied", Message: "not yours"}),
		"an endpoint is missing":  inOperation(fmt.Errorf("resolve: %w", errors.New("an endpoint is missing"))),
		"connection refused":      unreachable,
	} {
		said := ExplainAWS(err)
		if !strings.HasSuffix(said.Error(), want) || !strings.Contains(said.Error(), "Check the credentials") ||
			!strings.Contains(said.Error(), "AWS_REGION") || !errors.Is(said, err) {
			t.Errorf("%v: %v", want, said)
		}
	}
	if other := context.Canceled; ExplainAWS(other) != other { //nolint:errorlint // the very same
		t.Error("an error of nobody's call is explained")
	}
}
