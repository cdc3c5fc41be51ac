package problem_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/occ/contacts/pkg/problem"
)

const private = "Mona Adel <mona@example.com> +201001234567"

func called(operation string, err error) error {
	return &smithy.OperationError{ServiceID: "DynamoDB", OperationName: operation, Err: err}
}

// What AWS answers may repeat the request. Nothing of it is told, wherever it stands in an error.
func TestNothingOfWhatAWSAnsweredIsLogged(t *testing.T) {
	answered := &smithy.GenericAPIError{Code: "ValidationException", Message: "Item of " + private}
	validation := called("TransactWriteItems", fmt.Errorf("https response error StatusCode: 400, %w", answered))
	cancelled := func(message string) error {
		return called("TransactWriteItems", &types.TransactionCanceledException{Message: new(message)})
	}
	for want, err := range map[string]error{
		"DynamoDB TransactWriteItems: ValidationException":                               validation,
		"dynamo: update 42: DynamoDB TransactWriteItems: ValidationException":            fmt.Errorf("dynamo: update 42: %w", validation),
		"internal_error: It failed.: DynamoDB TransactWriteItems: ValidationException":   &problem.Error{Code: problem.Internal, Detail: "It failed.", Cause: validation},
		"one\nDynamoDB TransactWriteItems: ValidationException":                          errors.Join(errors.New("one"), validation),
		"two: DynamoDB TransactWriteItems: ValidationException; one: DynamoDB PutItem: ": fmt.Errorf("two: %w; one: %w", validation, called("PutItem", &smithy.GenericAPIError{Message: private})),
		"DynamoDB TransactWriteItems: TransactionCanceledException [None, ConditionalCheckFailed]": cancelled(
			"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]"),
		"DynamoDB TransactWriteItems: TransactionCanceledException": cancelled("of [" + private + "]"),
		"a call to AWS: KMSInvalidStateException":                   &smithy.GenericAPIError{Code: "KMSInvalidStateException", Message: private},
		"DynamoDB GetItem: no answer in time":                       called("GetItem", fmt.Errorf("%s: %w", private, context.DeadlineExceeded)),
		"DynamoDB GetItem: cancelled":                               called("GetItem", fmt.Errorf("%s: %w", private, context.Canceled)),
		"DynamoDB GetItem: no answer":                               called("GetItem", &url.Error{Op: "Post", URL: "https://x/" + private, Err: errors.New("refused")}),
		"DynamoDB TransactWriteItems: ValidationException; ":        nil,
	} {
		if err == nil { // the message, written into a text beside its error
			err = fmt.Errorf("of Item of %s: %w", private, validation)
			want = strings.TrimSuffix(want, "; ")
		}
		if got := problem.Loggable(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestErrorsOfOursAreLoggedWhole(t *testing.T) {
	for want, err := range map[string]error{
		"dynamo: the item is damaged":            errors.New("dynamo: the item is damaged"),
		"not_found: There is no such contact.":   problem.New(problem.NotFound, "There is no such contact."),
		"read 7: context deadline exceeded":      fmt.Errorf("read 7: %w", context.DeadlineExceeded),
		"one\ntwo":                               errors.Join(errors.New("one"), errors.New("two")),
		"":                                       nil,
		"temporarily_unavailable: Later.: cause": &problem.Error{Code: problem.Unavailable, Detail: "Later.", Cause: errors.New("cause")},
	} {
		if got := problem.Loggable(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := problem.LoggablePanic("the sky fell"); got != "the sky fell" {
		t.Error(got)
	}
	if got := problem.LoggablePanic(&smithy.GenericAPIError{Code: "X", Message: private}); got != "a call to AWS: X" {
		t.Error(got)
	}
}

func TestTitlesAreTodays(t *testing.T) {
	for status, want := range map[int]string{404: "Not Found", 413: "Content Too Large", 422: "Unprocessable Content"} {
		if got := problem.Title(status); got != want {
			t.Errorf("%d is %q", status, got)
		}
	}
}
