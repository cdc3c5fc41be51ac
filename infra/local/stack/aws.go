package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Region is where the local stack believes to be.
const Region = "us-east-1"

// accessKey and its secret are the emulator's root credentials.
const accessKey = "test"

// Config reaches one of the local servers.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region: Region, BaseEndpoint: aws.String(endpoint), Credentials: credentials.NewStaticCredentialsProvider(accessKey, accessKey, ""),
		HTTPClient: &http.Client{Timeout: 60 * time.Second},
	}
}

// Environment points any AWS client at a local stack; name=value each.
func Environment(port int, dynamodb string) []string {
	if dynamodb == "" {
		dynamodb = url(port + 2)
	}
	return []string{
		"AWS_ENDPOINT_URL=" + url(port+1), "AWS_ENDPOINT_URL_DYNAMODB=" + dynamodb, "AWS_DEFAULT_REGION=" + Region, "AWS_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + accessKey,
		"API_URL=" + url(port), "UPLOADS_BUCKET=contacts-uploads", "EXPORTS_BUCKET=contacts-exports",
	}
}

// ReadOutputs returns the outputs of a deployed stack; nil when there is no such stack.
func ReadOutputs(ctx context.Context, config aws.Config, name string) (map[string]string, error) {
	answer, err := cloudformation.NewFromConfig(config).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if err != nil {
		if strings.Contains(err.Error(), "does not exist") {
			return nil, nil //nolint:nilnil // documented
		}
		return nil, err
	}
	for _, found := range answer.Stacks {
		if found.StackStatus != types.StackStatusCreateComplete && found.StackStatus != types.StackStatusUpdateComplete {
			continue
		}
		outputs := map[string]string{}
		for _, output := range found.Outputs {
			outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
		}
		return outputs, nil
	}
	return nil, nil //nolint:nilnil // documented
}

func (s *Stack) readOutputs(ctx context.Context) (map[string]string, error) {
	outputs, err := ReadOutputs(ctx, Config(s.EmulatorURL), Name)
	if err == nil && outputs == nil {
		err = fmt.Errorf("the emulator has no stack %s; `make reset` and start again", Name)
	}
	return outputs, err
}

// restoreCORS repeats the template's CORS settings, which the emulator takes from CloudFormation under the wrong case.
func (s *Stack) restoreCORS(ctx context.Context) error {
	origins := []string{"*"}
	if given := s.options.Params["AllowedOrigins"]; given != "" {
		origins = strings.Split(given, ",")
	}
	_, err := apigatewayv2.NewFromConfig(Config(s.EmulatorURL)).UpdateApi(ctx, &apigatewayv2.UpdateApiInput{
		ApiId: aws.String(s.Outputs["ApiId"]),
		CorsConfiguration: &apitypes.Cors{
			AllowOrigins: origins, AllowMethods: []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"},
			AllowHeaders:  []string{"authorization", "content-type", "idempotency-key", "if-match", "if-none-match"},
			ExposeHeaders: []string{"etag", "location", "retry-after", "x-request-id"}, MaxAge: aws.Int32(3600),
		},
	})
	return err
}

// drain reads and closes a body, so that its connection can be used again.
func drain(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, body)
	_ = body.Close()
}
