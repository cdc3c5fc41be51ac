package trigger

import "github.com/occ/contacts/pkg/metrics"

// swept tells of a sweep that ran to its end, and passes its error on.
func swept(recorder *metrics.Recorder, err error) error {
	if err == nil {
		recorder.Swept()
	}
	recorder.Flush()
	return err
}
