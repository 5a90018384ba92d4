package proxy

import (
	"net/http"
	"strconv"
	"strings"
)

const (
	maxFields     = 200
	maxLine       = 16 << 10 // of the request line, as elbv2
	maxStatusLine = 8 << 10
)

// refusal is why a message is not taken. Status is that of the answer to a request; a target's
// answer that is refused is a 502.
type refusal struct {
	status int
	reason string
}

func (e *refusal) Error() string { return e.reason }

func bad(reason string) error { return &refusal{http.StatusBadRequest, reason} }

// parseFields appends the fields of a header or trailer section, whose lines all end in CR LF. It
// stops at the empty line.
func parseFields(fields []field, text string) ([]field, error) {
	for text != "" {
		i := strings.IndexByte(text, '\n')
		if i < 1 || text[i-1] != '\r' {
			return fields, bad("a line ends without CR LF")
		}
		line := text[:i-1]
		text = text[i+1:]
		if line == "" {
			return fields, nil
		}
		if len(fields) == maxFields {
			return fields, &refusal{http.StatusRequestHeaderFieldsTooLarge, "more than " + strconv.Itoa(maxFields) + " fields"}
		}
		if line[0] == ' ' || line[0] == '\t' {
			return fields, bad("a header line is folded")
		}
		colon := strings.IndexByte(line, ':')
		if colon < 1 {
			return fields, bad("a header line has no name")
		}
		name, value := line[:colon], trim(line[colon+1:])
		if !all(name, isToken) {
			return fields, bad("the name of a header has a character that names may not have")
		}
		if !all(value, isValue) {
			return fields, bad("the value of a header has a control character")
		}
		fields = append(fields, field{name, value, kindOf(name)})
	}
	return fields, nil
}

// parseRequestLine splits the first line of a request, without CR LF.
func (r *request) parseRequestLine(line string) error {
	if len(line) > maxLine {
		return &refusal{http.StatusRequestURITooLong, "the request line is too long"}
	}
	first, last := strings.IndexByte(line, ' '), strings.LastIndexByte(line, ' ')
	if first < 1 || last == first {
		return bad("the request line does not have three parts")
	}
	r.method, r.target = line[:first], line[first+1:last]
	switch version := line[last+1:]; {
	case version == "HTTP/1.1":
		r.version = 11
	case version == "HTTP/1.0":
		r.version = 10
	case len(version) == 8 && strings.HasPrefix(version, "HTTP/") && version[6] == '.':
		return &refusal{http.StatusHTTPVersionNotSupported, "the version of HTTP is not 1.0 or 1.1"}
	default:
		return bad("the request line does not end in a version of HTTP")
	}
	if !all(r.method, isToken) {
		return bad("the method has a character that methods may not have")
	}
	return r.parseTarget()
}

// parseTarget splits the request target. One in absolute form is taken if it names the host that
// the header Host does, which checkHost sees to.
func (r *request) parseTarget() error {
	if r.target == "" || !all(r.target, isTarget) {
		return bad("the request target is empty or has a character that targets may not have")
	}
	switch r.method {
	case "CONNECT", "TRACE":
		return &refusal{http.StatusMethodNotAllowed, "the method " + r.method + " is not supported"}
	}
	r.authority = ""
	switch {
	case r.target[0] == '/':
	case r.target == "*":
		if r.method != "OPTIONS" {
			return bad("the request target * is for OPTIONS alone")
		}
	default:
		scheme, rest, ok := strings.Cut(r.target, "://")
		if !ok || !equalFold(scheme, "http") && !equalFold(scheme, "https") {
			return bad("the request target is not a path")
		}
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		if r.authority = rest[:end]; r.authority == "" {
			return bad("the request target names no host")
		}
		if r.target = rest[end:]; r.target == "" || r.target[0] == '?' {
			r.target = "/" + r.target
		}
	}
	r.path, r.query, _ = strings.Cut(r.target, "?")
	return nil
}

// parseStatusLine splits the first line of an answer, without CR LF.
func (r *response) parseStatusLine(line string) error {
	if len(line) > maxStatusLine || len(line) < 12 || !strings.HasPrefix(line, "HTTP/1.") || line[8] != ' ' {
		return bad("the target did not answer with HTTP/1.1")
	}
	switch line[7] {
	case '0':
		r.version = 10
	case '1':
		r.version = 11
	default:
		return bad("the target did not answer with HTTP/1.1")
	}
	r.status = 0
	for _, c := range []byte(line[9:12]) {
		if c < '0' || c > '9' {
			return bad("the target's answer has no status")
		}
		r.status = 10*r.status + int(c-'0')
	}
	if r.status < 100 || r.status > 999 || len(line) > 12 && line[12] != ' ' {
		return bad("the target's answer has no status")
	}
	r.reason = trim(line[12:])
	if !all(r.reason, isValue) {
		return bad("the target's status line has a control character")
	}
	return nil
}

// framing is what the fields of a message say of its body.
type framing struct {
	length  int64 // Content-Length; -1: none
	chunked bool
}

// add takes one Content-Length or Transfer-Encoding. Whatever two readers could take differently is
// refused (RFC 9112 6.1, 6.3).
func (f *framing) add(fd field, version int) error {
	if fd.kind == kindContentLength {
		if f.length >= 0 {
			return bad("there is more than one Content-Length")
		}
		if fd.value == "" || len(fd.value) > 18 || !all(fd.value, isToken) {
			return bad("Content-Length is not a number")
		}
		n := int64(0)
		for _, c := range []byte(fd.value) {
			if c < '0' || c > '9' {
				return bad("Content-Length is not a number")
			}
			n = 10*n + int64(c-'0')
		}
		f.length = n
	} else {
		if f.chunked {
			return bad("there is more than one Transfer-Encoding")
		}
		if version < 11 {
			return bad("there is a Transfer-Encoding in HTTP/1.0")
		}
		if !equalFold(fd.value, "chunked") {
			return &refusal{http.StatusNotImplemented, "Transfer-Encoding is not chunked"}
		}
		f.chunked = true
	}
	if f.chunked && f.length >= 0 {
		return bad("there are both Content-Length and Transfer-Encoding")
	}
	return nil
}
