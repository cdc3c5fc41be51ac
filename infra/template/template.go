// Package template reads template.yaml as CloudFormation does: short forms such as !Ref become their long forms.
package template

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Template is a CloudFormation template.
type Template struct {
	Parameters map[string]Parameter
	Rules      map[string]Rule
	Conditions map[string]any
	Resources  map[string]Resource
	Outputs    map[string]any
}

// Parameter is a value that a deployment chooses.
type Parameter struct {
	Type                  string
	Default               *string
	Description           string
	AllowedValues         []string
	AllowedPattern        string
	ConstraintDescription string
	MinValue, MaxValue    *int64
}

// Rule says which parameters contradict each other.
type Rule struct {
	RuleCondition any
	Assertions    []Assertion
}

// Assertion is what a rule demands, with the sentence for whoever breaks it.
type Assertion struct {
	Assert            any
	AssertDescription string
}

// Resource is one resource; Properties hold intrinsic functions in their long form.
type Resource struct {
	Type                string
	Condition           string
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            map[string]any
	Properties          map[string]any
}

// AlarmMetrics returns how many metrics an alarm reads. Each is charged.
func (r Resource) AlarmMetrics() (count int) {
	if r.Properties["MetricName"] != nil {
		return 1
	}
	several, _ := r.Properties["Metrics"].([]any)
	for _, one := range several {
		if member, _ := one.(map[string]any); member["MetricStat"] != nil {
			count++
		}
	}
	return count
}

// File is the template's name in a checkout.
const File = "template.yaml"

// Read reads the template of a checkout.
func Read(root string) (Template, error) {
	text, err := os.ReadFile(filepath.Join(root, File)) //nolint:gosec // our own file
	if err != nil {
		return Template{}, err
	}
	return Parse(text)
}

// Parse reads a template.
func Parse(text []byte) (Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return Template{}, fmt.Errorf("%s: %w", File, err)
	}
	expand(&document)
	// yaml.v3 matches lower-case keys unless told otherwise, so the names are spelled as CloudFormation spells them.
	var raw struct {
		Parameters map[string]struct {
			Type                  string   `yaml:"Type"`
			Default               *string  `yaml:"Default"`
			Description           string   `yaml:"Description"`
			AllowedValues         []string `yaml:"AllowedValues"`
			AllowedPattern        string   `yaml:"AllowedPattern"`
			ConstraintDescription string   `yaml:"ConstraintDescription"`
			MinValue              *int64   `yaml:"MinValue"`
			MaxValue              *int64   `yaml:"MaxValue"`
		} `yaml:"Parameters"`
		Rules map[string]struct {
			RuleCondition any `yaml:"RuleCondition"`
			Assertions    []struct {
				Assert            any    `yaml:"Assert"`
				AssertDescription string `yaml:"AssertDescription"`
			} `yaml:"Assertions"`
		} `yaml:"Rules"`
		Conditions map[string]any `yaml:"Conditions"`
		Resources  map[string]struct {
			Type                string         `yaml:"Type"`
			Condition           string         `yaml:"Condition"`
			DeletionPolicy      string         `yaml:"DeletionPolicy"`
			UpdateReplacePolicy string         `yaml:"UpdateReplacePolicy"`
			Metadata            map[string]any `yaml:"Metadata"`
			Properties          map[string]any `yaml:"Properties"`
		} `yaml:"Resources"`
		Outputs map[string]any `yaml:"Outputs"`
	}
	if err := document.Decode(&raw); err != nil {
		return Template{}, fmt.Errorf("%s: %w", File, err)
	}
	read := Template{
		Parameters: map[string]Parameter{}, Rules: map[string]Rule{}, Conditions: raw.Conditions,
		Resources: map[string]Resource{}, Outputs: raw.Outputs,
	}
	for name, parameter := range raw.Parameters {
		read.Parameters[name] = Parameter(parameter)
	}
	for name, resource := range raw.Resources {
		read.Resources[name] = Resource(resource)
	}
	for name, rule := range raw.Rules {
		assertions := make([]Assertion, len(rule.Assertions))
		for i, assertion := range rule.Assertions {
			assertions[i] = Assertion(assertion)
		}
		read.Rules[name] = Rule{rule.RuleCondition, assertions}
	}
	return read, nil
}

// expand turns short forms into long ones: !Ref x becomes {Ref: x}, !GetAtt a.b becomes {Fn::GetAtt: [a, b]}.
func expand(node *yaml.Node) {
	for _, child := range node.Content {
		expand(child)
	}
	if node.Tag == "" || strings.HasPrefix(node.Tag, "!!") {
		return
	}
	name := strings.TrimPrefix(node.Tag, "!")
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	inner := *node
	inner.Tag, inner.Anchor = "", ""
	if name == "Fn::GetAtt" && inner.Kind == yaml.ScalarNode {
		logical, attribute, _ := strings.Cut(inner.Value, ".")
		inner = yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{text(logical), text(attribute)}}
	}
	*node = yaml.Node{Kind: yaml.MappingNode, Anchor: node.Anchor, Content: []*yaml.Node{text(name), &inner}}
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

// Document reads a template as plain maps and lists, with every function in its long form.
func Document(source []byte) (map[string]any, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	expand(&document)
	var plain map[string]any
	if err := document.Decode(&plain); err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	return plain, nil
}
