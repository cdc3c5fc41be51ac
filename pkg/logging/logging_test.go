package logging

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
)

func TestAnErrorOfAWSIsLoggedWithoutItsMessage(t *testing.T) {
	var out bytes.Buffer
	refused := &smithy.OperationError{
		ServiceID: "DynamoDB", OperationName: "PutItem",
		Err: &smithy.GenericAPIError{Code: "ValidationException", Message: "Item of Mona Adel"},
	}
	log := to(&out, slog.LevelInfo)
	log.Error("it failed", "error", fmt.Errorf("dynamo: put 42: %w", refused))
	log.With("cause", error(refused)).Info("it failed", slog.Group("more", slog.Any("error", error(refused))))
	text := out.String()
	told := strings.Count(text, "DynamoDB PutItem: ValidationException")
	if strings.Contains(text, "Mona") || told != 3 || !strings.Contains(text, "dynamo: put 42: ") {
		t.Error(text)
	}
}
