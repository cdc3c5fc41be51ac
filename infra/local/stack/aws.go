package stack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Config reaches one of the local servers.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region: Region, BaseEndpoint: aws.String(endpoint), Credentials: credentials.NewStaticCredentialsProvider(accessKey, accessKey, ""),
		HTTPClient: &http.Client{Timeout: 60 * time.Second},
	}
}

// Description is what CloudFormation says of a stack.
type Description struct {
	Status     string // "" when there is no such stack
	Outputs    map[string]string
	Parameters map[string]string
}

// complete says that the last deployment succeeded.
func (d Description) complete() bool {
	return d.Status == "CREATE_COMPLETE" || d.Status == "UPDATE_COMPLETE"
}

// usable says that a deployment may update the stack: one succeeded some time.
func (d Description) usable() bool {
	return d.complete() || strings.HasPrefix(d.Status, "UPDATE_")
}

// Describe asks CloudFormation for a stack.
func Describe(ctx context.Context, config aws.Config, name string) (Description, error) {
	answer, err := cloudformation.NewFromConfig(config).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if err != nil && strings.Contains(err.Error(), "does not exist") {
		return Description{}, nil
	}
	if err != nil {
		return Description{}, err
	}
	if len(answer.Stacks) == 0 {
		return Description{}, nil
	}
	found := answer.Stacks[0]
	d := Description{Status: string(found.StackStatus), Outputs: map[string]string{}, Parameters: map[string]string{}}
	for _, output := range found.Outputs {
		d.Outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	for _, parameter := range found.Parameters {
		d.Parameters[aws.ToString(parameter.ParameterKey)] = aws.ToString(parameter.ParameterValue)
	}
	return d, nil
}

// ReadOutputs returns the outputs of a deployed stack.
func ReadOutputs(ctx context.Context, config aws.Config, name string) (map[string]string, error) {
	found, err := Describe(ctx, config, name)
	if err == nil && !found.usable() {
		err = fmt.Errorf("there is no deployed stack %s (its status: %q)", name, found.Status)
	}
	return found.Outputs, err
}

// restoreCORS repeats the template's CORS settings, which the emulator takes from CloudFormation under the wrong case.
func (s *Stack) restoreCORS(ctx context.Context) error {
	cors := s.template.Resources["Api"].Properties.CORS
	_, err := apigatewayv2.NewFromConfig(Config(s.EmulatorURL)).UpdateApi(ctx, &apigatewayv2.UpdateApiInput{
		ApiId: aws.String(s.Outputs["ApiId"]),
		CorsConfiguration: &apitypes.Cors{
			AllowOrigins: strings.Split(s.template.parameter("AllowedOrigins", s.params), ","),
			AllowMethods: cors.AllowMethods, AllowHeaders: cors.AllowHeaders, ExposeHeaders: cors.ExposeHeaders, MaxAge: aws.Int32(cors.MaxAge),
		},
	})
	return err
}
