package proxy

import (
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// untilEnd is the length of a body that is chunked, or ends with the connection or stream.
const untilEnd = -1

// request is one request, from a client of any version of HTTP. It is the Head of Router.
type request struct {
	method, target, path, query string
	authority                   string // of a target in absolute form
	host                        string
	version                     int // 10, 11, 20, 30
	fields                      []field
	length                      int64  // of the body, or untilEnd
	upgrade                     string // what the client wants to change to
	expect                      bool   // it waits for 100 Continue before the body
	close                       bool   // the client wants no other request on the connection
	trailers                    bool   // it takes trailers
	class, classReason          string
	client, local               netip.AddrPort
	tlsVersion, tlsCipher       string // empty: no TLS
	begin                       time.Time
	headBytes                   int64
}

func (r *request) Method() string         { return r.method }
func (r *request) Host() string           { return r.host }
func (r *request) Path() string           { return r.path }
func (r *request) Query() string          { return r.query }
func (r *request) Client() netip.AddrPort { return r.client }
func (r *request) TLS() bool              { return r.tlsVersion != "" }

// Header returns the values of all fields of that name.
func (r *request) Header(name string) (values []string) {
	for i := range r.fields {
		if len(r.fields[i].name) == len(name) && strings.EqualFold(r.fields[i].name, name) {
			values = append(values, r.fields[i].value)
		}
	}
	return values
}

// parse reads the head of an HTTP/1 request. The text must not change later.
func (r *request) parse(text string, settings *Settings) (err error) {
	r.fields, r.host, r.upgrade, r.class, r.classReason = r.fields[:0], "", "", "", ""
	r.length, r.expect, r.trailers = 0, false, false
	r.headBytes = int64(len(text))
	i := strings.IndexByte(text, '\n')
	if i < 1 || text[i-1] != '\r' {
		return bad("the request line does not end in CR LF")
	}
	if err := r.parseRequestLine(text[:i-1]); err != nil {
		return err
	}
	r.close = r.version < 11
	if r.fields, err = parseFields(r.fields, text[i+1:]); err != nil {
		return err
	}
	return r.check(settings)
}

// check looks at the fields that the proxy itself heeds.
func (r *request) check(settings *Settings) error {
	hosts, upgrade := 0, ""
	body := framing{length: -1}
	var connection [4]string
	named := connection[:0]
	for i := range r.fields {
		f := &r.fields[i]
		switch f.kind {
		case kindOther:
		case kindHost:
			hosts++
			r.host = f.value
		case kindContentLength, kindTransferEncoding:
			if err := body.add(*f, r.version); err != nil {
				return err
			}
		case kindConnection:
			named = append(named, f.value)
		case kindUpgrade:
			upgrade = f.value
		case kindExpect:
			if !equalFold(f.value, "100-continue") {
				return &refusal{http.StatusExpectationFailed, "Expect is not 100-continue"}
			}
			r.expect = r.version >= 11
		case kindTE:
			r.trailers = r.trailers || hasToken(f.value, "trailers")
		}
	}
	if err := r.checkHost(hosts); err != nil {
		return err
	}
	switch {
	case body.chunked:
		r.length = untilEnd
	case body.length > 0:
		r.length = body.length
	}
	r.heedConnection(named, upgrade)
	if r.length == 0 {
		r.expect = false
	}
	return r.classify(body, settings.Desync)
}

// checkHost refuses requests that two readers could take for different hosts.
func (r *request) checkHost(hosts int) error {
	switch {
	case hosts > 1:
		return bad("there is more than one Host")
	case hosts == 0 && r.version == 11:
		return bad("there is no Host")
	case !all(r.host, isHost):
		return bad("Host has a character that hosts may not have")
	case r.authority != "" && hosts == 1 && !strings.EqualFold(r.authority, r.host):
		return bad("the request target names another host than Host")
	case r.authority != "" && !all(r.authority, isHost):
		return bad("the request target names a host with a character that hosts may not have")
	}
	if hosts == 0 {
		r.host = r.authority
	}
	return nil
}

// heedConnection marks the fields that Connection names, which go no further.
func (r *request) heedConnection(connection []string, upgrade string) {
	for _, list := range connection {
		for name := range tokens(list) {
			switch {
			case equalFold(name, "close"):
				r.close = true
			case equalFold(name, "keep-alive"):
				r.close = r.close && r.version >= 11
			case equalFold(name, "upgrade"):
				// what is said in h2c would pass by the Router
				if r.version == 11 && r.length == 0 && !hasToken(upgrade, "h2c") {
					r.upgrade = upgrade
				}
			default:
				dropNamed(r.fields, name)
			}
		}
	}
}

// dropNamed marks the fields of a name. Those that the proxy itself heeds keep their meaning.
func dropNamed(fields []field, name string) {
	for i := range fields {
		if fields[i].kind == kindOther && len(fields[i].name) == len(name) && strings.EqualFold(fields[i].name, name) {
			fields[i].kind = kindNamed
		}
	}
}

// The classes of requests that elbv2 has (desync mitigation).
const (
	classAcceptable = "Acceptable"
	classAmbiguous  = "Ambiguous"
	classSevere     = "Severe"
)

// classify refuses what the mode strictest does. What elbv2 calls severe was refused before, in
// every mode: nothing goes to a target that it could take otherwise than the proxy did.
func (r *request) classify(body framing, mode string) error {
	bodiless := r.method == "GET" || r.method == "HEAD"
	switch {
	case bodiless && body.chunked:
		r.class, r.classReason = classAmbiguous, "UndefinedTransferEncodingSemantics"
	case bodiless && body.length > 0:
		r.class, r.classReason = classAmbiguous, "UndefinedContentLengthSemantics"
	case bodiless && body.length == 0:
		r.class, r.classReason = classAcceptable, "GetHeadZeroContentLength"
	case r.suspicious():
		r.class, r.classReason = classAcceptable, "SuspiciousHeader"
	default:
		return nil
	}
	if mode == "strictest" {
		return bad("the desync mode strictest refuses it: " + r.classReason)
	}
	return nil
}

// suspicious reports whether a program that takes _ for - could read a length out of the fields.
func (r *request) suspicious() bool {
	for i := range r.fields {
		switch name := r.fields[i].name; len(name) {
		case len("content_length"), len("transfer_encoding"):
			if r.fields[i].kind == kindOther && strings.IndexByte(name, '_') > 0 {
				if k := kindOf(strings.ReplaceAll(name, "_", "-")); k == kindContentLength || k == kindTransferEncoding {
					return true
				}
			}
		}
	}
	return false
}
