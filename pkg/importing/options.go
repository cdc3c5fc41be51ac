package importing

import "strings"

// Metadata of dropped objects that sets options (pkg/httpapi/README.md, "Dropped files").
const (
	metaOnDuplicate = "on-duplicate"
	metaRegion      = "default-region"
	metaMapping     = "mapping"
)

// readMetadata takes the options of a dropped object's metadata into its import; a *FileError when one cannot be honoured.
func readMetadata(job *Import, metadata map[string]string, validRegion func(string) bool) error {
	if given := strings.TrimSpace(metadata[metaOnDuplicate]); given != "" {
		mode, ok := onDuplicateOf(given)
		if !ok {
			return &FileError{InvalidOptions, "The object's metadata on-duplicate has to be update, skip or reject. Correct it and drop the file again."}
		}
		job.OnDuplicate = mode
	}
	if given := strings.TrimSpace(metadata[metaRegion]); given != "" {
		region := strings.ToUpper(given)
		if !validRegion(region) {
			return &FileError{InvalidOptions, "The object's metadata default-region has to be an ISO 3166 code of two letters, as EG. Correct it and drop the file again."}
		}
		job.DefaultRegion = region
	}
	return readMappingOption(job, strings.TrimSpace(metadata[metaMapping]))
}

func onDuplicateOf(text string) (OnDuplicate, bool) {
	switch mode := OnDuplicate(text); mode {
	case UpdateKnown, SkipKnown, RejectKnown:
		return mode, true
	}
	return "", false
}

// maxInflation is how many times its byte limit a compressed file may inflate to (pkg/httpapi/README.md, "Codes of
// imports").
const maxInflation = 20

// Limits of files. Those dropped into the bucket have their own.
type Limits struct {
	UploadBytes int64
	UploadRows  int
	DropBytes   int64
	DropRows    int
}

// of returns the limits of an import's file.
func (l Limits) of(source Source) (bytes int64, rows int) {
	if source == FromBucket {
		return l.DropBytes, l.DropRows
	}
	return l.UploadBytes, l.UploadRows
}
