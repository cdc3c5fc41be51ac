package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Values completes parameters with the template's defaults.
func (t Template) Values(given map[string]string) map[string]string {
	values := map[string]string{}
	for name, parameter := range t.Parameters {
		if parameter.Default != nil {
			values[name] = *parameter.Default
		}
	}
	maps.Copy(values, given)
	return values
}

// Faults says what CloudFormation would refuse of parameters: unknown names, values that are not allowed, broken rules.
// Each is a
// sentence.
func (t Template) Faults(values map[string]string) []string {
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parameter, declared := t.Parameters[name]
		if !declared {
			faults = append(faults, fmt.Sprintf("%s has no parameter %s.", File, name))
		} else if fault := parameter.fault(values[name]); fault != "" {
			faults = append(faults, fmt.Sprintf("%s=%s: %s", name, values[name], fault))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Rules)) {
		rule := t.Rules[name]
		if rule.RuleCondition != nil && !t.holds(rule.RuleCondition, values) {
			continue
		}
		for _, assertion := range rule.Assertions {
			if !t.holds(assertion.Assert, values) {
				faults = append(faults, assertion.AssertDescription)
			}
		}
	}
	return faults
}

// fault says what is wrong with a value; empty when nothing is.
func (p Parameter) fault(value string) string {
	if len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, value) {
		return fmt.Sprintf("Allowed values: %s.", strings.Join(p.AllowedValues, ", "))
	}
	if p.Type == "Number" {
		return p.numberFault(value)
	}
	members := []string{value}
	if p.Type == "CommaDelimitedList" {
		members = list(value)
	}
	for _, member := range members {
		if p.AllowedPattern != "" && !regexp.MustCompile(`^(?:`+p.AllowedPattern+`)$`).MatchString(member) {
			if p.ConstraintDescription != "" {
				return p.ConstraintDescription
			}
			return fmt.Sprintf("It has to match %s.", p.AllowedPattern)
		}
	}
	return ""
}

func (p Parameter) numberFault(value string) string {
	number, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil:
		return "It has to be a whole number."
	case p.MinValue != nil && number < *p.MinValue:
		return fmt.Sprintf("It has to be at least %d.", *p.MinValue)
	case p.MaxValue != nil && number > *p.MaxValue:
		return fmt.Sprintf("It has to be at most %d.", *p.MaxValue)
	}
	return ""
}

// list splits a CommaDelimitedList.
func list(value string) []string {
	members := strings.Split(value, ",")
	for i := range members {
		members[i] = strings.TrimSpace(members[i])
	}
	return members
}

// holds evaluates a condition of a rule. What the rules do not use is a fault of the template, which a test would show.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
func (t Template) holds(condition any, values map[string]string) bool {
	function, arguments := call(condition)
	switch function {
	case "Fn::Not":
		return !t.holds(arguments[0], values)
	case "Fn::And":
		return !slices.ContainsFunc(arguments, func(one any) bool { return !t.holds(one, values) })
	case "Fn::Or":
		return slices.ContainsFunc(arguments, func(one any) bool { return t.holds(one, values) })
	case "Fn::Equals":
		return slices.Equal(t.strings(arguments[0], values), t.strings(arguments[1], values))
	case "Fn::Contains":
		return slices.Contains(t.strings(arguments[0], values), t.strings(arguments[1], values)[0])
	case "Fn::EachMemberEquals":
		wanted := t.strings(arguments[1], values)[0]
		return !slices.ContainsFunc(
			t.strings(arguments[0], values),
			func(member string) bool { return member != wanted },
		)
	}
	panic(fmt.Sprintf("%s: the rules use %v, which nothing here evaluates", File, condition))
}

// strings evaluates a value: a text, or a parameter, which may be a list.
func (t Template) strings(value any, values map[string]string) []string {
	if written, ok := value.(string); ok {
		return []string{written}
	}
	function, arguments := call(value)
	if function != "Ref" {
		panic(fmt.Sprintf("%s: the rules compare %v, which nothing here evaluates", File, value))
	}
	name, _ := arguments[0].(string)
	if t.Parameters[name].Type == "CommaDelimitedList" {
		return list(values[name])
	}
	return []string{values[name]}
}

// call takes a function apart: {Fn::Not: [x]} is "Fn::Not" of x.
func call(value any) (function string, arguments []any) {
	object, _ := value.(map[string]any)
	for name, of := range object {
		if several, ok := of.([]any); ok {
			return name, several
		}
		return name, []any{of}
	}
	return "", nil
}
