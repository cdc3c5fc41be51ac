package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/occ/contacts/infra/local/stack"
)

// readSettings reads the texts of a stage's section of samconfig.toml.
func readSettings(root, stage string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(root, "samconfig.toml")) //nolint:gosec // our own file
	if err != nil {
		return nil, err
	}
	sections, err := parseSettings(string(text))
	if err != nil {
		return nil, fmt.Errorf("samconfig.toml: %w", err)
	}
	settings, found := sections[stage+".deploy.parameters"]
	if !found {
		return nil, fmt.Errorf("STAGE=%s: samconfig.toml has no section [%s.deploy.parameters]", stage, stage)
	}
	return settings, nil
}

// parseSettings reads what samconfig.toml uses of TOML: sections, and one text, number or truth value a line.
func parseSettings(text string) (map[string]map[string]string, error) {
	sections := map[string]map[string]string{}
	current := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			current = map[string]string{}
			sections[strings.TrimSuffix(name, "]")] = current
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if !found {
			return nil, fmt.Errorf("line %d is no section and no setting: %s", i+1, line)
		}
		value = strings.TrimSpace(value)
		if unquoted, err := strconv.Unquote(value); err == nil && value[0] == '"' {
			value = unquoted
		} else if strings.ContainsAny(value, `"'[{`) {
			return nil, fmt.Errorf("line %d: write a text in double quotes, on one line: %s", i+1, line)
		}
		current[strings.TrimSpace(name)] = value
	}
	return sections, nil
}

// merge puts PARAMS over the parameters of samconfig.toml.
func merge(settings, params string) (map[string]string, error) {
	merged, err := stack.ParseParams(settings)
	if err != nil {
		return nil, fmt.Errorf("samconfig.toml: %w", err)
	}
	given, err := stack.ParseParams(params)
	if err != nil {
		return nil, err
	}
	maps.Copy(merged, given)
	return merged, nil
}
