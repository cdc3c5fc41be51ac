package dynamo

import "github.com/occ/contacts/pkg/exporting"

// exports checks that no export stays open for ever, and that those which ended say what became of them. Their files are not looked at.
func (v *verification) exports() error {
	for _, k := range sortedKeys(v.jobs) {
		it := v.jobs[k]
		if !isExport(it) {
			continue
		}
		job, err := exportOf(it)
		if err != nil {
			return err
		}
		v.found.Exports++
		open := v.jobs[openExportKey(job.Workspace, job.ID)] != nil
		switch {
		case open && !job.Status.Open():
			v.breach("export %s: is %s, and still among the open ones", job.ID, job.Status)
		case !open && job.Status.Open():
			v.breach("export %s: is %s, and not among the open ones: no sweep would find it", job.ID, job.Status)
		case job.Status == exporting.Completed && (job.Key == "" || job.Bytes == 0 || job.FinishedAt.IsZero()): // even without contacts a file has a header
			v.breach("export %s: is completed at %s, and its file is %q of %d bytes", job.ID, job.FinishedAt, job.Key, job.Bytes)
		case job.Status == exporting.Failed && (job.Error == nil || job.FinishedAt.IsZero()):
			v.breach("export %s: failed at %s, and does not say why: %v", job.ID, job.FinishedAt, job.Error)
		}
	}
	return nil
}

// entries demands that what is among the open imports and exports is there.
func (v *verification) entries() {
	for _, k := range sortedKeys(v.jobs) {
		it := v.jobs[k]
		workspace, id := it.text("workspace"), it.text("id")
		switch {
		case isOpenImport(k) && v.jobs[importKey(workspace, id)] == nil:
			v.breach("import %s: is among the open ones of %q, and not there", id, workspace)
		case isOpenExport(k) && v.jobs[exportKey(workspace, id)] == nil:
			v.breach("export %s: is among the open ones of %q, and not there", id, workspace)
		}
	}
}
