package proxy

import (
	"strings"
	"unsafe"
)

// response is the head of a target's answer.
type response struct {
	status  int
	reason  string
	version int
	fields  []field
	length  int64 // of the body, or untilEnd
	chunked bool
	close   bool   // the target takes no other request on the connection
	upgrade string // what it changes to
	timeout string // the header Keep-Alive
}

// parse reads the head of an HTTP/1 answer to a request with the method. The fields are parts of
// raw, and valid as long as that is.
func (r *response) parse(raw []byte, method string) (err error) {
	text := unsafe.String(unsafe.SliceData(raw), len(raw))
	r.fields, r.chunked, r.upgrade, r.timeout = r.fields[:0], false, "", ""
	i := strings.IndexByte(text, '\n')
	if i < 1 || text[i-1] != '\r' {
		return bad("the target's status line does not end in CR LF")
	}
	if err := r.parseStatusLine(text[:i-1]); err != nil {
		return err
	}
	r.close = r.version < 11
	if r.fields, err = parseFields(r.fields, text[i+1:]); err != nil {
		return err
	}
	body := framing{length: -1}
	upgrade := ""
	for i := range r.fields {
		f := &r.fields[i]
		switch f.kind {
		case kindContentLength, kindTransferEncoding:
			if err := body.add(*f, r.version); err != nil {
				return err
			}
		case kindConnection:
			if r.heedConnection(f.value) {
				upgrade = "?"
			}
		case kindUpgrade:
			r.upgrade = f.value
		case kindKeepAlive:
			r.timeout = f.value
		}
	}
	if upgrade == "" || r.status != 101 {
		r.upgrade = ""
	}
	r.chunked = body.chunked
	switch {
	case method == "HEAD" || r.status < 200 || r.status == 204 || r.status == 304:
		r.length = 0
	case body.chunked:
		r.length = untilEnd
	default:
		r.length = body.length
		r.close = r.close || body.length < 0
	}
	return nil
}

// heedConnection takes one Connection, and reports whether it names Upgrade.
func (r *response) heedConnection(list string) (upgrade bool) {
	for name := range tokens(list) {
		switch {
		case equalFold(name, "close"):
			r.close = true
		case equalFold(name, "keep-alive"):
			r.close = r.close && r.version >= 11
		case equalFold(name, "upgrade"):
			upgrade = true
		default:
			dropNamed(r.fields, name)
		}
	}
	return upgrade
}
