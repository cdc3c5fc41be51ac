package stack

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// template is what the launcher has to know of template.yaml: the emulator does not pass all of it on.
type template struct {
	Parameters map[string]parameter `yaml:"Parameters"`
	Resources  map[string]resource  `yaml:"Resources"`
}

type parameter struct {
	Default string `yaml:"Default"`
}

type resource struct {
	Properties struct {
		TableName string `yaml:"TableName"`
		Expiry    struct {
			AttributeName string `yaml:"AttributeName"`
		} `yaml:"TimeToLiveSpecification"`
		CORS struct {
			AllowMethods  []string `yaml:"AllowMethods"`
			AllowHeaders  []string `yaml:"AllowHeaders"`
			ExposeHeaders []string `yaml:"ExposeHeaders"`
			MaxAge        int32    `yaml:"MaxAge"`
		} `yaml:"CorsConfiguration"`
	} `yaml:"Properties"`
}

func readTemplate(root string) (template, error) {
	var t template
	text, err := os.ReadFile(filepath.Join(root, "template.yaml")) //nolint:gosec // our own file
	if err != nil {
		return t, err
	}
	if err := yaml.Unmarshal(text, &t); err != nil {
		return t, fmt.Errorf("template.yaml: %w", err)
	}
	return t, nil
}

// expiry names the attribute by which items of a table expire; empty when they do not.
func (t template) expiry(table string) string {
	for _, found := range t.Resources {
		if strings.ReplaceAll(found.Properties.TableName, "${AWS::StackName}", Name) == table {
			return found.Properties.Expiry.AttributeName
		}
	}
	return ""
}

// parameters are those to deploy with: what this machine needs, then what the caller wants. Those that template.yaml does not
// declare are returned as unknown; deploying with them would fail.
func (t template) parameters(apiURL string, given map[string]string) (params map[string]string, unknown []string) {
	architecture := "x86_64"
	if runtime.GOARCH == "arm64" {
		architecture = "arm64"
	}
	params = map[string]string{
		"Target": "local", "Architecture": architecture, "BucketPrefix": Name, "PublicBaseUrl": apiURL, "AllowedOrigins": "*",
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, declared := t.Parameters[name]; declared {
			params[name] = given[name]
		} else {
			unknown = append(unknown, name)
		}
	}
	return params, unknown
}

// parameter is a parameter's value in a deployment.
func (t template) parameter(name string, params map[string]string) string {
	if value, given := params[name]; given {
		return value
	}
	return t.Parameters[name].Default
}
