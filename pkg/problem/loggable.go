package problem

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
)

// Errors of the AWS SDK, by their methods: this package links no SDK.
type (
	operationError interface {
		error
		Service() string
		Operation() string
	}
	apiError interface {
		error
		ErrorCode() string
		ErrorMessage() string
	}
)

// Loggable returns an error as it may be logged or kept. What a service of AWS answered may repeat the request, and
// with it names, e-mails and phones: of an error of its SDK only service, operation and code are told, never the
// message. What we wrote around it stays.
func Loggable(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	var told []string
	for _, foreign := range foreignErrors(err) {
		safe := describeForeign(foreign)
		told = append(told, safe)
		text = strings.ReplaceAll(text, foreign.Error(), safe)
	}
	for _, foreign := range foreignErrors(err) {
		api, ok := errors.AsType[apiError](foreign)
		if ok && api.ErrorMessage() != "" && strings.Contains(text, api.ErrorMessage()) {
			return strings.Join(told, "; ") // somebody wrote the message elsewhere in the text
		}
	}
	return text
}

// LoggablePanic returns what a panic was given as it may be logged.
func LoggablePanic(fault any) string {
	if err, ok := fault.(error); ok {
		return Loggable(err)
	}
	return fmt.Sprint(fault)
}

// foreignErrors are the outermost errors of the SDK in a tree of errors.
func foreignErrors(err error) []error {
	switch err.(type) { //nolint:errorlint // each error of the tree is looked at
	case operationError, apiError:
		return []error{err}
	}
	switch wrapper := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		if inner := wrapper.Unwrap(); inner != nil {
			return foreignErrors(inner)
		}
	case interface{ Unwrap() []error }:
		var all []error
		for _, inner := range wrapper.Unwrap() {
			if inner != nil {
				all = append(all, foreignErrors(inner)...)
			}
		}
		return all
	}
	return nil
}

// describeForeign says what failed, and how, in words of ours and of AWS's lists.
func describeForeign(err error) string {
	what := "a call to AWS"
	if operation, ok := errors.AsType[operationError](err); ok {
		what = operation.Service() + " " + operation.Operation()
	}
	return what + ": " + codeOfForeign(err)
}

func codeOfForeign(err error) string {
	if api, ok := errors.AsType[apiError](err); ok {
		return api.ErrorCode() + cancellationReasons(api)
	}
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	default:
		return "no answer"
	}
}

// reasons are why DynamoDB cancels a transaction.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
var reasons = []string{
	"None", "ConditionalCheckFailed", "ItemCollectionSizeLimitExceeded", "TransactionConflict",
	"ProvisionedThroughputExceeded", "ThrottlingError",
	"ValidationError", "DuplicateItem", "AccessDenied",
}

// cancellationReasons are those that stand at the end of the message of a cancelled transaction; empty of everything
// else.
func cancellationReasons(err apiError) string {
	if err.ErrorCode() != "TransactionCanceledException" {
		return ""
	}
	message := err.ErrorMessage()
	list, closed := strings.CutSuffix(message[strings.LastIndexByte(message, '[')+1:], "]")
	unknown := func(reason string) bool { return !slices.Contains(reasons, reason) }
	if !closed || slices.ContainsFunc(strings.Split(list, ", "), unknown) {
		return ""
	}
	return " [" + list + "]"
}
