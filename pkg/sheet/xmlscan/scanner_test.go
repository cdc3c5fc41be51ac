package xmlscan

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// events are what a scanner comes to: "<name", ">name" and texts, pieces put together.
func events(in io.Reader, attrs ...string) ([]string, error) {
	s := New(in)
	var all []string
	text := false
	for {
		kind := s.Next()
		switch kind {
		case EOF:
			return all, s.Err()
		case Start:
			event := "<" + string(s.Name())
			for _, name := range attrs {
				if value := s.Attr(name); value != nil {
					event += " " + name + "=" + string(value)
				}
			}
			all = append(all, event)
		case End:
			all = append(all, ">"+string(s.Name()))
		case Text:
			if text {
				all[len(all)-1] += string(s.Text())
			} else {
				all = append(all, string(s.Text()))
			}
		}
		text = kind == Text
	}
}

func TestScanner(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"plain":            {`<a><b r="1">x</b></a>`, []string{"<a", "<b r=1", "x", ">b", ">a"}},
		"empty element":    {`<a><b r='1'/></a>`, []string{"<a", "<b r=1", ">b", ">a"}},
		"mark":             {"\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a/>", []string{"\n", "<a", ">a"}},
		"prefixes":         {`<x:a><x:b x:r="2" r="1"/></x:a>`, []string{"<a", "<b r=1", ">b", ">a"}},
		"any prefix":       {`<a id="1" rel:id="2"/>`, []string{"<a :id=2", ">a"}},
		"space":            {"<a\n r = \"1\"\t><b /></a >", []string{"<a r=1", "<b", ">b", ">a"}},
		"entities":         {`<a r="&lt;&#65;">&amp;&gt;&apos;&quot;&#x41;&#xe9;</a>`, []string{"<a r=<A", `&>'"A` + "é", ">a"}},
		"sign in value":    {`<a r="1>2">x>y</a>`, []string{"<a r=1>2", "x>y", ">a"}},
		"comment":          {`<a>x<!-- <b> -- > -->y<!----></a>`, []string{"<a", "xy", ">a"}},
		"instruction":      {`<a>x<?xmlx <b> ?>y</a>`, []string{"<a", "xy", ">a"}},
		"cdata":            {`<a>x<![CDATA[<b>&lt;]]]]><![CDATA[>]]></a>`, []string{"<a", "x<b>&lt;]]>", ">a"}},
		"line ends":        {"<a>1\r\n2\r3\n4\r\r\n5&#13;\n<![CDATA[6\r\n7\r]]></a>", []string{"<a", "1\n2\n3\n4\n\n5\r\n6\n7\n", ">a"}},
		"line end in attr": {"<a r='1\r\n2\r3'/>", []string{"<a r=1\n2\n3", ">a"}},
		"characters":       {"<a>منى é 😀</a>", []string{"<a", "منى é 😀", ">a"}},
		"empty":            {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text)), iotest.DataErrReader(strings.NewReader(test.text))} {
				got, err := events(in, "r", ":id")
				if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
					t.Error(err, diff)
				}
			}
		})
	}
}

func TestRefusesWhatIsNoXML(t *testing.T) {
	for name, test := range map[string]struct {
		text, says string
		offset     int64
	}{
		"document type":     {`<!DOCTYPE a [<!ENTITY l "lol">]><a>&l;</a>`, "document type", 0},
		"unknown entity":    {`<a>&lol;</a>`, "entity", 3},
		"in an attribute":   {`<a r="&lol;"/>`, "entity", 0},
		"no such character": {`<a>&#x110000;</a>`, "entity", 3},
		"nul":               {`<a>&#0;</a>`, "entity", 3},
		"not a number":      {`<a>&#1a;</a>`, "entity", 3},
		"cut":               {`<a><b>x`, "middle", 7},
		"cut in a tag":      {`<a><b r="`, "inside a tag", 3},
		"cut reference":     {`<a>&am`, "entity", 3},
		"cut comment":       {`<a><!-- x`, "middle", 7},
		"cut cdata":         {`<a><![CDATA[x]`, "middle", 12},
		"cut character":     {"<a>\xd9", "middle", 3},
		"cut sign":          {`<a><`, "middle", 3},
		"wrong end":         {`<a><b></a></b>`, "ends that did not start", 6},
		"end alone":         {`</a>`, "ends that did not start", 0},
		"not utf-8":         {"<a>\ufffdx\xc7</a>", "UTF-8", 7},
		"late not utf-8":    {"<a>" + strings.Repeat("é", 100_000) + "\xff</a>", "UTF-8", 200_003},
		"utf-16":            {"\xff\xfe<\x00a\x00/\x00>\x00", "UTF-16", 0},
		"utf-16, no mark":   {"<\x00a\x00/\x00>\x00", "UTF-16", 0},
		"latin 1":           {`<?xml version="1.0" encoding="ISO-8859-1"?><a/>`, "encoding", 0},
		"latin 1, spaces":   {`<?xml version='1.0' encoding = 'latin1' ?><a/>`, "encoding", 0},
		"no name":           {`< a/>`, "name", 0},
		"long name":         {"<" + strings.Repeat("a", 2000) + "/>", "name", 0},
		"no value":          {`<a r/>`, "value", 0},
		"not quoted":        {`<a r=1/>`, "quoted", 0},
		"not closed":        {`<a r="1<b/>"/>`, "closed", 0},
		"slash":             {`<a / >`, "closed", 0},
		"deep":              {strings.Repeat("<a>", 300), "deeper", 768},
		"giant tag":         {`<a r="` + strings.Repeat("x", 2<<20) + `"/>`, "megabyte", 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := events(strings.NewReader(test.text))
			fault, ok := errors.AsType[*SyntaxError](err)
			if !ok || !strings.Contains(fault.Reason, test.says) || fault.Offset != test.offset {
				t.Errorf("%v, want %q at %d", err, test.says, test.offset)
			}
		})
	}
}

func TestErrorsOfTheInputComeThrough(t *testing.T) {
	broken := errors.New("broken disk")
	for _, text := range []string{"", "<a>", "<a", "<a>x", "<a><![CDATA[x", "<a>&am", "<", "<?xml ", "<!--"} {
		if _, err := events(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestLongTextsNeedNoMemory(t *testing.T) {
	in := io.MultiReader(strings.NewReader("<a>"), io.LimitReader(endless{}, 64<<20), strings.NewReader("</a>"))
	s, length := New(in), 0
	for kind := s.Next(); kind != EOF; kind = s.Next() {
		if kind == Text {
			length += len(s.Text())
		}
	}
	if s.Err() != nil || length != 64<<20 || len(s.buffer) != startBuffer {
		t.Errorf("%d bytes of text, a buffer of %d: %v", length, len(s.buffer), s.Err())
	}
}

type endless struct{}

func (endless) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = 'x'
	}
	return len(into), nil
}

func TestSkip(t *testing.T) {
	s := New(strings.NewReader(`<a><b><c>x</c><c/></b><d/></a>`))
	s.Next()
	s.Next()
	s.Skip()
	if kind := s.Next(); kind != Start || string(s.Name()) != "d" || s.Depth() != 2 {
		t.Errorf("%v %s", kind, s.Name())
	}
	s.Skip()
	if kind := s.Next(); kind != End || string(s.Name()) != "a" || s.Depth() != 0 {
		t.Errorf("%v %s", kind, s.Name())
	}
}

// oracle is what encoding/xml comes to, attributes by their names with prefixes; an error when it refuses the text.
func oracle(text string) ([]string, error) {
	decoder := xml.NewDecoder(strings.NewReader(text))
	var all []string
	inText := false
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			event := "<" + token.Name.Local
			for _, a := range token.Attr {
				if a.Name.Space == "" && a.Name.Local == "r" {
					event += " r=" + a.Value
					break
				}
			}
			all, inText = append(all, event), false
		case xml.EndElement:
			all, inText = append(all, ">"+token.Name.Local), false
		case xml.CharData:
			if len(token) == 0 {
				continue
			}
			if inText {
				all[len(all)-1] += string(token)
			} else {
				all, inText = append(all, string(token)), true
			}
		case xml.Directive:
			return nil, errors.New("a document type")
		}
	}
}

// agree checks that what encoding/xml reads is read alike. It refuses more, such as names of strange letters.
func agree(text string) error {
	unmarked := strings.TrimPrefix(text, "\ufeff") // text to encoding/xml
	want, refused := oracle(unmarked)
	if refused == nil {
		_, refused = io.Copy(io.Discard, tokens{xml.NewDecoder(strings.NewReader(unmarked))}) // RawToken does not match ends with starts
	}
	got, ours := events(strings.NewReader(text), "r")
	slow, again := events(iotest.OneByteReader(strings.NewReader(text)), "r")
	if diff := cmp.Diff(got, slow); diff != "" || fmt.Sprint(ours) != fmt.Sprint(again) {
		return fmt.Errorf("byte by byte: %w, %s", again, diff)
	}
	if !utf8.ValidString(text) { // encoding/xml does not look into comments and instructions
		if ours == nil {
			return errors.New("it is not in UTF-8")
		}
		return nil
	}
	if diff := cmp.Diff(want, got); refused == nil && !isBound(ours) && (ours != nil || diff != "") {
		return fmt.Errorf("%w, %s", ours, diff)
	}
	return nil
}

// isBound says that an error is about our own bounds.
func isBound(err error) bool {
	fault, ok := errors.AsType[*SyntaxError](err)
	return ok && (strings.Contains(fault.Reason, "deeper") || strings.Contains(fault.Reason, "1,024") || strings.Contains(fault.Reason, "UTF-16") || strings.Contains(fault.Reason, "another encoding"))
}

// tokens reads all of a decoder's tokens.
type tokens struct{ *xml.Decoder }

func (t tokens) Read([]byte) (int, error) {
	_, err := t.Token()
	return 0, err
}

func TestReadsAsEncodingXML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(
			rapid.SampledFrom([]string{
				"<a>", "</a>", "<b r='1'>", "</b>", "<x:c r=\"a&lt;\r\nb\" x:r='2'/>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&#13;", "&#x1F600;", "\r", "\n", "\r\n",
				"<?p x?>", "<", ">", "&", "/", "]", "منى", "😀", " ", "x",
			}),
			rapid.StringMatching(`[a-z ]{0,3}`),
		), 0, 20).Draw(t, "parts")
		if err := agree("<a>" + strings.Join(parts, "") + "</a>"); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzScanner checks that no input stops the scanner, and that what encoding/xml reads is read alike.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<worksheet xmlns=\"m\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row></sheetData></worksheet>",
		"<x:a x:r='1' r='&#65;'><!-- c --><![CDATA[d]]>\r\n</x:a>", "<a>&lt;&bad;</a>", "<a r=\"1", "<a/><b></a>", "<!DOCTYPE a>", "\ufeff<a>é😀</a>", "<a>\xff</a>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := agree(text); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

func benchDocument() []byte {
	var text bytes.Buffer
	text.WriteString("<worksheet><sheetData>")
	for i := range 20_000 {
		fmt.Fprintf(&text, `<row r="%d" spans="1:3"><c r="A%d" s="1" t="s"><v>%d</v></c><c r="B%d"><v>45123.5</v></c><c r="C%d" t="inlineStr"><is><t>a &amp; b</t></is></c></row>`, i, i, i, i, i)
	}
	text.WriteString("</sheetData></worksheet>")
	return text.Bytes()
}

func BenchmarkScanner(b *testing.B) {
	document := benchDocument()
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		s := New(bytes.NewReader(document))
		for s.Next() != EOF {
		}
	}
}

func BenchmarkEncodingXML(b *testing.B) {
	document := benchDocument()
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.Copy(io.Discard, tokens{xml.NewDecoder(bytes.NewReader(document))}); err != nil {
			b.Fatal(err)
		}
	}
}
