package restore

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// state is what a restore keeps in its file: what was before, and how far it is.
type state struct {
	Stack string    `json:"stack"`
	At    time.Time `json:"at"`
	// Tables are the tables as they were, by name.
	Tables map[string]settings `json:"tables"`
	// Backups are the ARNs of the backups of the past, by the table's name.
	Backups map[string]string `json:"backups"`
	// Replaced names the tables that hold the past already.
	Replaced map[string]bool `json:"replaced"`
	// Replacing reports whether the first table may be deleted: from then on there is no way back.
	Replacing bool `json:"replacing"`
	// Writers are what was stopped.
	Writers writers `json:"writers"`
	// Done are the steps that are done, and when each was.
	Done map[string]time.Time `json:"done"`
}

// readState reads the file; without one, no restore was begun.
func readState(path string) (state, error) {
	body, err := os.ReadFile(path) //nolint:gosec // named by whoever runs the command
	if errors.Is(err, os.ErrNotExist) {
		return state{}, nil
	}
	if err != nil {
		return state{}, err
	}
	var s state
	if err := json.Unmarshal(body, &s); err != nil {
		return state{}, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return s, nil
}

// save replaces the file at once, so that a crash leaves the one before.
func (r *run) save() error {
	body, err := json.MarshalIndent(r.state, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(r.File), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(r.File), "restore-*")
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), r.File)
}

func removeState(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
