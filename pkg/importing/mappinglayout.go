package importing

import "github.com/occ/contacts/pkg/fold"

// choice is what is known of a file's columns besides their headers, by their names as shown.
type choice struct {
	given   map[string]string // what somebody says: a field, or empty for a column that is not used
	guessed map[string]string // what the values say
	objects bool              // the format has objects: customAttributes is a column of them
}

// choice returns what the import's record says of its columns: with the file, that is all that its chunks follow from.
func (job Import) choice() choice { return choice{job.Given, job.Guessed, job.Format == formatJSON} }

// meaning is what a column holds.
type meaning struct {
	known
	found bool
	given bool // somebody says so; with found false: that it is not used
}

// meanings are those of all columns. What somebody says comes first, and takes a field of one column away from the column that was
// recognised for it; values count only where neither a header nor anybody names an e-mail or phone column.
func (c choice) meanings(header, names []string) []meaning {
	all, takes, addressed := make([]meaning, len(header)), map[string]bool{}, false
	for i, name := range names {
		recognised, found := recognise(header[i])
		all[i] = meaning{known: recognised, found: found}
		field, given := c.given[name]
		if !given {
			continue
		}
		all[i] = meaning{known{field, rankGiven, answersFor(field, recognised)}, field != "", true}
		takes[field] = field != "" && !numbered(field)
	}
	for i := range all {
		if !all[i].given && takes[all[i].field] {
			all[i].found = false
		}
		addressed = addressed || all[i].found && numbered(all[i].field)
	}
	for i, name := range names {
		if field := c.guessed[name]; field != "" && !addressed && !all[i].given && !all[i].found {
			all[i] = meaning{known: known{field, rankUsual, false}, found: true}
		}
	}
	return all
}

// answersFor says whether a bad value under a header that somebody mapped is a fault. Labels are read by the habits of the header: only
// our own are written as ours.
func answersFor(field string, recognised known) bool {
	return field != fieldLabels || recognised.field == fieldLabels && recognised.own
}

// telling are the folded headers of the columns that may tell what kind of phone another holds. Neither does one that is not to be
// used, and what somebody mapped to phone is a phone, whatever its kind.
func telling(words []string, means []meaning) []string {
	left := make([]string, len(words))
	for i, word := range words {
		if !means[i].given || means[i].found && means[i].field != fieldPhone {
			left[i] = word
		}
	}
	return left
}

// middleName says that a folded header is that of middle names.
func middleName(word string) bool { return word == "middlename" || word == "additionalname" }

// foldAll folds headers.
func foldAll(header []string) []string {
	words := make([]string, len(header))
	for i, text := range header {
		words[i] = fold.Header(text)
	}
	return words
}
