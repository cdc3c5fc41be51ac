package problem

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
)

// busyCodes are what services of AWS answer when they are asked too often. Most come with status 400, as faults of
// the caller do. They are those that the SDK repeats, and SQS's and KMS's own.
var busyCodes = []string{
	"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException",
	"ProvisionedThroughputExceededException", "RequestLimitExceeded", "LimitExceededException", "BandwidthLimitExceeded", "SlowDown",
	"PriorRequestNotComplete", "EC2ThrottledException", "RequestTimeout", "RequestTimeoutException", "KmsThrottled", "KMS.ThrottlingException",
	"OverLimit", "TransactionInProgressException", "TransactionConflictException", "ReplicatedWriteConflictException",
}

// Passing reports whether a call to a service of AWS failed for a reason that passes by itself: the service is busy
// or broken at the moment, or no answer came. It is false for a call that its caller ended.
func Passing(err error) bool {
	if coded, ok := errors.AsType[interface {
		error
		ErrorCode() string
	}](err); ok && slices.Contains(busyCodes, coded.ErrorCode()) {
		return true
	}
	if answered, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok && answered.HTTPStatusCode() > 0 {
		return answered.HTTPStatusCode() >= http.StatusInternalServerError || answered.HTTPStatusCode() == http.StatusTooManyRequests
	}
	if ended, ok := errors.AsType[interface {
		error
		CanceledError() bool
	}](err); ok && ended.CanceledError() {
		return false
	}
	_, unsent := errors.AsType[*url.Error](err)
	_, unreached := errors.AsType[net.Error](err)
	return unsent || unreached || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// Late turns the end of a request's time into an Unavailable error, and leaves every other as it is.
func Late(err error) error {
	if _, ours := errors.AsType[*Error](err); ours || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &Error{Code: Unavailable, Detail: "The request took too long. Try again in a moment.", Cause: err}
}

// Busy turns a failure that passes by itself into an Unavailable error with that sentence, and leaves every other as
// it is.
func Busy(err error, detail string) error {
	if err == nil || !Passing(err) {
		return err
	}
	if CodeOf(err) == Unavailable {
		return err
	}
	return &Error{Code: Unavailable, Detail: detail, Cause: err}
}
