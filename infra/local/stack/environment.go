package stack

import (
	"os"
	"strings"

	"github.com/occ/contacts/infra/local/dynamodb"
)

// Region is where the local stack believes to be.
const Region = "us-east-1"

// accessKey and its secret are the emulator's root credentials.
const accessKey = "test"

// BuildFlags are how sam builds the functions: no paths of this machine, no RPC mode, no symbols. The Makefile has
// them too.
const BuildFlags = "-trimpath -tags=lambda.norpc -ldflags=-s -buildvcs=false"

// Environment points any AWS client at a local stack; name=value each.
func Environment(port int, dynamodb string) []string {
	return append(credentialsFor(url(port+1)), "AWS_ENDPOINT_URL_DYNAMODB="+DynamoDBAddress(port, dynamodb),
		"API_URL="+url(port), "UPLOADS_BUCKET="+Name+"-uploads", "EXPORTS_BUCKET="+Name+"-exports")
}

// DynamoDBAddress is where a stack on a port has its tables; given as in Options.
func DynamoDBAddress(port int, given string) string {
	if given == "" {
		choice, _ := dynamodb.Choose() // the stack would not have started with a bad one
		given = string(choice.Kind)
	}
	switch dynamodb.Kind(given) {
	case dynamodb.Dynoxide, dynamodb.Local:
		return url(port + 2)
	case dynamodb.Ministack:
		return url(port + 1)
	default:
		return given
	}
}

func credentialsFor(endpoint string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + endpoint, "AWS_REGION=" + Region, "AWS_DEFAULT_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + accessKey,
	}
}

// childEnvironment is the caller's without what would lead a child astray: other AWS settings (a CA bundle also costs every function
// 6 ms at its start), log levels, build flags, and a proxy for loopback addresses.
func childEnvironment(more ...string) []string {
	var environment []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case strings.HasPrefix(name, "AWS_"), name == "LOG_LEVEL", name == "GOFLAGS", name == "CGO_ENABLED", strings.EqualFold(name, "NO_PROXY"):
		default:
			environment = append(environment, variable)
		}
	}
	direct := strings.Trim(os.Getenv("NO_PROXY")+",127.0.0.1,localhost", ",")
	return append(append(environment, "NO_PROXY="+direct, "no_proxy="+direct), more...)
}
