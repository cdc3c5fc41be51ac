package importing

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Arrival is an object that appeared in the uploads bucket.
type Arrival struct {
	Bucket  string
	Key     string // decoded
	Version string // empty in a bucket without versions
	// Sequencer tells the writes of one key apart where there are no versions.
	Sequencer string
}

// version identifies what was written, also in a bucket without versions.
func (a Arrival) version() string {
	if a.Version == "" {
		return a.Sequencer
	}
	return a.Version
}

// workspaceName is the form of workspace names (pkg/httpapi/README.md, "Workspaces and settings").
var workspaceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)

// CheckWorkspace reports an error that says the rule when a name is no workspace's.
func CheckWorkspace(name string) error {
	if !workspaceName.MatchString(name) {
		return fmt.Errorf("a workspace is 1 to 63 letters, digits, - and _, a letter or digit first; not %q", name)
	}
	return nil
}

// DropKey is where a file is uploaded to be imported into a workspace. It reports an error when nothing would be
// imported from there.
func DropKey(workspace, file string) (string, error) {
	if err := CheckWorkspace(workspace); err != nil {
		return "", err
	}
	key := workspace + "/drop/" + file
	if targetOf(key).source != FromBucket {
		return "", fmt.Errorf("only files whose names end in .%s are imported; not %q", strings.Join(formats, ", ."), file)
	}
	return key, nil
}

// target is what the key of an arrival asks for.
type target struct {
	workspace string
	source    Source // empty: nothing
	file      string // of a drop: its name
	importID  string // of an upload through the API
}

// targetOf understands <workspace>/drop/<file> and <workspace>/api/<import id>.csv; other keys import nothing.
func targetOf(key string) target {
	parts := strings.Split(key, "/")
	if len(parts) != 3 || !workspaceName.MatchString(parts[0]) {
		return target{}
	}
	ending := path.Ext(parts[2])
	stem := strings.TrimSuffix(parts[2], ending)
	switch {
	case stem == "":
		return target{}
	case parts[1] == "drop" && knownFormat(formatOf(parts[2])):
		return target{workspace: parts[0], source: FromBucket, file: parts[2]}
	case parts[1] == "api":
		return target{workspace: parts[0], source: FromAPI, importID: stem}
	}
	return target{}
}

// formatOf is the format that a file's name says, whatever the case of its ending.
func formatOf(fileName string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(fileName), "."))
}

// formatJSON has types: objects and lists in its cells, numbers and texts told apart.
const formatJSON = "json"

// formats are those that files may have.
var formats = []string{"csv", "xlsx", formatJSON}

// knownFormat reports whether files may have a format.
func knownFormat(format string) bool { return slices.Contains(formats, format) }

// uploadKey is where a client of the API uploads to.
func uploadKey(ref Ref, format string) string {
	return ref.Workspace + "/api/" + ref.ID + "." + format
}

// ReportKey is where an import's report lies, in the exports bucket.
func ReportKey(ref Ref) string { return ref.Workspace + "/reports/" + ref.ID + ".csv" }

// fragmentPrefix begins the keys of the report's parts, one for each chunk that has something to report.
func fragmentPrefix(ref Ref) string { return ref.Workspace + "/reports/" + ref.ID + "/" }

func fragmentKey(ref Ref, chunk int) string {
	return fmt.Sprintf("%s%06d.csv", fragmentPrefix(ref), chunk)
}

// keptKey is of the rows that an undo kept. It sorts behind the chunk's own fragment.
func keptKey(ref Ref, chunk int) string {
	return fmt.Sprintf("%s%06d.kept.csv", fragmentPrefix(ref), chunk)
}

// bodyKey is where the body of a chunk lies that is too large for a message.
func bodyKey(ref Ref, chunk int) string {
	return fmt.Sprintf("%s/chunks/%s/%06d.json", ref.Workspace, ref.ID, chunk)
}
