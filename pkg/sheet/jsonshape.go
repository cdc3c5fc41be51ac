package sheet

import (
	"bytes"
	"encoding/json"

	"github.com/occ/contacts/pkg/sheet/cell"
)

// jsonShape is how the objects of a JSON file are kept together.
type jsonShape int

const (
	objectLines jsonShape = iota // one object a line
	objectList                   // a list of objects
	wrappedList                  // {"contacts": a list of objects}
	singleObject
)

// wrapperKey is the key of a wrapper that holds the list. Others are ignored.
const wrapperKey = "contacts"

const (
	goesOn     = "the file goes on behind its end; write one object on each line, or a list of objects"
	noContacts = `"contacts" has to be a list of objects`
)

// recognise finds the shape of the file and the place of its first element. A file of lines is recognised by its
// first object alone; a wrapper is read whole, because another list under its key may follow.
func (w *walk) recognise() *flaw {
	w.seek(0)
	w.fill()
	if bytes.HasPrefix(w.buffer, []byte(cell.BOM)) {
		w.pos = len(cell.BOM)
	}
	w.shape, w.start = objectLines, w.place()
	switch first, _ := w.peek(); first {
	case '[':
		w.shape, w.start = objectList, w.place()+1
	case '{':
		return w.recogniseObject()
	}
	return nil
}

// recogniseObject tells apart what may begin with an object.
func (w *walk) recogniseObject() *flaw {
	start := w.place()
	found, fault := w.wrapper()
	end := w.place()
	if w.err != nil {
		return fault
	}
	if fault != nil {
		if !found.entered && w.linesFollow(start) {
			return nil
		}
		return fault
	}
	if _, more := w.peek(); more {
		fault = w.flaw(goesOn)
		if w.oneLine(start, end) {
			return nil
		}
		return fault
	}
	switch {
	case found.list > 0:
		w.shape, w.start = wrappedList, found.list
	case found.other > 0:
		return &flaw{found.other, noContacts}
	default:
		w.shape, w.start = singleObject, start
	}
	return nil
}

// wrapped is what an object holds under wrapperKey.
type wrapped struct {
	list    int64 // the place behind the [ of the last list
	other   int64 // the place of the last value that is none
	entered bool  // there was a list
}

// wrapper reads an object to its end.
func (w *walk) wrapper() (found wrapped, fault *flaw) {
	w.pos++
	if b, _ := w.peek(); b == '}' {
		w.pos++
		return found, nil
	}
	for {
		if fault := w.wrapperMember(&found); fault != nil {
			return found, fault
		}
		switch b, more := w.peek(); {
		case !more:
			return found, w.flaw(cutOff)
		case b == '}':
			w.pos++
			return found, nil
		case b != ',':
			return found, w.flaw(wantMember)
		}
		w.pos++
	}
}

// wrapperMember reads a key and its value.
func (w *walk) wrapperMember(found *wrapped) *flaw {
	if b, more := w.peek(); more && b != '"' {
		return w.flaw(wantKey)
	}
	key, fault := w.value()
	if fault != nil {
		return fault
	}
	named := !key.long && string(unquote(nil, key.raw)) == wrapperKey
	if b, more := w.peek(); more && b != ':' {
		return w.flaw(wantColon)
	} else if more {
		w.pos++
	}
	b, _ := w.peek()
	switch {
	case named && b == '[':
		w.pos++
		found.list, found.other, found.entered = w.place(), 0, true
		return w.skipArray()
	case named:
		found.list, found.other = 0, w.place()
	}
	_, fault = w.value()
	return fault
}

func (w *walk) skipArray() *flaw {
	for first := true; ; first = false {
		if _, more, fault := w.item(first); fault != nil || !more {
			return fault
		}
	}
}

// item takes the next element of a list, and false with its end.
func (w *walk) item(first bool) (element, bool, *flaw) {
	b, more := w.peek()
	switch {
	case more && b == ']':
		w.pos++
		return element{}, false, nil
	case more && !first && b != ',':
		return element{}, false, w.flaw(wantItem)
	case more && !first:
		w.pos++
		w.peek()
	}
	e, fault := w.value()
	return e, fault == nil, fault
}

// oneLine says that no line ends between two places.
func (w *walk) oneLine(start, end int64) bool {
	w.seek(start)
	for w.place() < end && w.fill() {
		if at := bytes.IndexByte(w.buffer[w.pos:], '\n'); at >= 0 {
			return w.place()+int64(at) >= end
		}
		w.pos = len(w.buffer)
	}
	return true
}

// linesFollow reports whether an object which is torn is the first of many, one a line, and not a list or an object
// over several lines: those go on in the next line inside a bracket or with a key.
func (w *walk) linesFollow(start int64) bool {
	w.seek(start)
	torn, _, _ := w.line()
	if torn = bytes.TrimSpace(torn); bytes.HasSuffix(torn, []byte("[")) || bytes.HasSuffix(torn, []byte("{")) {
		return false
	}
	next, _ := w.peek()
	return next == '{'
}

// unquote appends the text of a string without half characters.
func unquote(to, raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return append(to, raw[1:len(raw)-1]...)
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return to // it was walked over before: cannot be
	}
	return append(to, text...)
}
