package xmlscan

import "bytes"

// instruction passes a processing instruction. That of XML itself may name an encoding, which has to be UTF-8.
func (s *Scanner) instruction() {
	const declaration = "<?xml"
	for s.end-s.position <= len(declaration) && s.fill() {
	}
	head := s.buffer[s.position:s.end]
	if !bytes.HasPrefix(head, []byte(declaration)) || len(head) == len(declaration) || classes[head[len(declaration)]]&space == 0 {
		s.position += len("<?")
		s.skipPast("?>")
		return
	}
	for {
		if end := bytes.Index(s.buffer[s.position:s.end], []byte("?>")); end >= 0 {
			s.checkEncoding(s.buffer[s.position : s.position+end])
			s.position += end + len("?>")
			return
		}
		if !s.fill() {
			s.fail("it ends in the middle")
			return
		}
	}
}

func (s *Scanner) checkEncoding(declaration []byte) {
	_, rest, _ := bytes.Cut(declaration, []byte("encoding"))
	name := bytes.TrimLeft(rest, " \t\r\n=\"'")
	if end := bytes.IndexAny(name, "\"'"); end >= 0 {
		name = name[:end]
	}
	if len(name) > 0 && !bytes.EqualFold(name, []byte("UTF-8")) && !bytes.EqualFold(name, []byte("US-ASCII")) {
		s.fail("it is in another encoding than UTF-8")
	}
}

// declaration passes a comment and enters a CDATA section. Document types are refused: they can define entities.
func (s *Scanner) declaration() {
	const comment, section = "<!--", "<![CDATA["
	for s.end-s.position < len(section) && s.fill() {
	}
	head := s.buffer[s.position:s.end]
	switch {
	case bytes.HasPrefix(head, []byte(comment)):
		s.position += len(comment)
		s.skipPast("-->")
	case bytes.HasPrefix(head, []byte(section)):
		s.position += len(section)
		s.cdata = true
	default:
		s.fail("it holds a document type (DOCTYPE), which office files do not have, or ends in the middle")
	}
}

// skipPast passes everything up to a closing mark and the mark.
func (s *Scanner) skipPast(closing string) {
	for {
		rest := s.buffer[s.position:s.end]
		if end := bytes.Index(rest, []byte(closing)); end >= 0 {
			s.position += end + len(closing)
			return
		}
		s.position += max(0, len(rest)-len(closing)+1) // the end of the buffer may cut the mark
		if !s.fill() {
			s.fail("it ends in the middle")
			return
		}
	}
}
