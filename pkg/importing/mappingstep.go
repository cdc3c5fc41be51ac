package importing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/problem"
)

// mappingWait is how long an import waits for its mapping, from the arrival of its file; the uploads bucket keeps files longer.
const mappingWait = 30 * 24 * time.Hour

// Starter starts a run of import-parse for one import and does not wait for it. An error means that it may not have begun: the sweep
// takes over then.
type Starter interface {
	StartParse(ctx context.Context, ref Ref) error
}

// settle decides where the columns lead and moves the import on to processing, or lets it wait for its mapping when something that every
// contact needs has no column. Who uploads JSON writes the keys by a program, and is told to name them right.
func (s surveyed) settle(job *Import) error {
	names := s.values.names
	given, faults := resolve(names, job.Given)
	if len(faults) > 0 {
		return mappingFault(job.Source, faults[0])
	}
	chosen := choice{given, s.values.certain(), job.Format == formatJSON}
	columns := layoutBy(s.header, names, chosen)
	lacks := columns.missing()
	if lacks != "" && job.Format == formatJSON {
		return &FileError{MissingColumns, "The objects have no key " + lacks + ". Name the keys as in the template."}
	}
	job.Status, job.Totals, job.Mapping = Processing, Totals{Rows: s.rows}, columns.mapping
	if lacks != "" {
		job.Status, job.Totals = AwaitingMapping, Totals{}
		job.Mapping, job.SampleRows = s.values.suggest(columns, given), s.values.samples
	}
	job.Columns, job.Given, job.Guessed = columns.names, chosen.given, chosen.guessed
	return nil
}

// mappingFault is why a mapping that came before its file cannot be used.
func mappingFault(source Source, fault problem.FieldError) *FileError {
	code, whose, remedy := MissingColumns, "The mapping", "Start the import again with a mapping that fits the file, or without one."
	if source == FromBucket {
		code, whose, remedy = InvalidOptions, "The object's metadata mapping", "Correct it and drop the file again."
	}
	if column, named := strings.CutPrefix(fault.Location, locationOf("")); named {
		whose += fmt.Sprintf(", column %q", shortName(column))
	}
	return &FileError{code, fmt.Sprintf("%s: %s %s", whose, fault.Message, remedy)}
}

// readMappingOption takes the mapping of a dropped object's metadata into its import.
func readMappingOption(job *Import, text string) error {
	if text == "" {
		return nil
	}
	var mapping Mapping
	if json.Unmarshal([]byte(text), &mapping) != nil {
		return &FileError{InvalidOptions, `The object's metadata mapping has to be a JSON object of columns and fields or null, as {"Customer":"name"}. Correct it and drop the file again.`}
	}
	given, faults := mapping.said()
	if len(faults) > 0 {
		return mappingFault(FromBucket, faults[0])
	}
	job.Given = given
	return nil
}

// Map says what the columns of an import that awaits its mapping hold, instead of what was said before, and lets it go on. Errors:
// NotFound; NotPossible when it does not wait for a mapping; InvalidMapping.
func (s *Service) Map(ctx context.Context, ref Ref, mapping Mapping) (Import, error) {
	for {
		job, err := s.imports.Import(ctx, ref)
		if err != nil {
			return Import{}, err
		}
		if job.Status != AwaitingMapping {
			return Import{}, problem.New(problem.NotPossible, "The import is %s: it does not wait for a mapping.", job.Status.Shown())
		}
		if err := job.mapBy(mapping); err != nil {
			return Import{}, err
		}
		job.Status, job.Attempts, job.ProgressAt, job.SampleRows = Parsing, 0, instant(s.now), nil
		after, err := s.imports.UpdateImport(ctx, job)
		if errors.Is(err, ErrStale) {
			continue
		}
		if err == nil {
			s.startParse(ctx, ref)
		}
		return after, err
	}
}

// mapBy takes a mapping over, if it fits the columns and leaves nothing that every contact needs without one.
func (job *Import) mapBy(mapping Mapping) error {
	said, faults := mapping.said()
	given, unknown := resolve(job.Columns, said)
	if faults = append(faults, unknown...); len(faults) > 0 {
		return unusable(faults)
	}
	columns := layoutBy(job.Columns, job.Columns, choice{given, job.Guessed, false})
	if lacks := columns.missing(); lacks != "" {
		return unusable([]problem.FieldError{{Location: mappingAt, Message: "No column is left " + lacks + "; map one that holds it."}})
	}
	job.Given, job.Mapping = given, columns.mapping
	return nil
}
