package proxy

import (
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"
)

// appendHead appends the head of the request as a target gets it over HTTP/1.1.
func (x *exchange) appendHead(b []byte, t *Target) []byte {
	r := &x.req
	b = append(b, r.method...)
	b = append(b, ' ')
	b = append(b, r.target...)
	b = append(b, " HTTP/1.1\r\n"...)
	b = appendField(b, "Host", x.hostFor(t))
	for i := range r.fields {
		f := &r.fields[i]
		if f.kind == kindOther || f.kind == kindTrailer {
			if !x.settings.DropInvalid || all(f.name, isPlain) {
				b = appendField(b, f.name, f.value)
			}
		}
	}
	b = x.appendAdded(b)
	switch {
	case r.length == untilEnd:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case r.length > 0 || r.bodyExpected():
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, r.length, 10)
		b = append(b, "\r\n"...)
	}
	if r.expect {
		b = append(b, "Expect: 100-continue\r\n"...)
	}
	switch {
	case r.upgrade != "":
		b = appendField(b, "Connection", "upgrade")
		b = appendField(b, "Upgrade", r.upgrade)
	case r.trailers:
		b = append(b, "TE: trailers\r\nConnection: TE\r\n"...)
	}
	return append(b, "\r\n"...)
}

// bodyExpected reports whether the method usually has a body, so that its absence is said too.
func (r *request) bodyExpected() bool {
	return r.method == "POST" || r.method == "PUT" || r.method == "PATCH"
}

// hostFor is the header Host of a target: the client's, with the listener's port if that is not the
// usual one, unless the listener keeps it as it is (elbv2: preserve_host_header). A client of
// HTTP/1.0 need not name one.
func (x *exchange) hostFor(t *Target) string {
	r := &x.req
	switch {
	case r.host == "":
		return t.Address
	case x.settings.KeepHost:
		return r.host
	}
	usual := uint16(80)
	if r.TLS() {
		usual = 443
	}
	if p := r.local.Port(); p == usual || p == 0 || hasPort(r.host) {
		return r.host
	}
	return r.host + ":" + strconv.Itoa(int(r.local.Port()))
}

func hasPort(host string) bool {
	i := strings.LastIndexByte(host, ':')
	return i >= 0 && (host[0] != '[' || host[i-1] == ']')
}

// appendAdded appends the fields that the proxy adds.
func (x *exchange) appendAdded(b []byte) []byte {
	for name, value := range x.added {
		b = appendField(b, name, value)
	}
	return b
}

// added yields the fields that the proxy adds to a request, in their order (elbv2: X-Forwarded
// headers, and request tracing).
func (x *exchange) added(yield func(name, value string) bool) {
	r := &x.req
	var before []string
	trace := ""
	for i := range r.fields {
		switch r.fields[i].kind {
		case kindForwardedFor:
			before = append(before, r.fields[i].value)
		case kindTrace:
			trace = r.fields[i].value
		}
	}
	switch x.settings.ForwardedFor {
	case "remove":
	case "preserve":
		for _, v := range before {
			if !yield("X-Forwarded-For", v) {
				return
			}
		}
	default:
		list := x.clientText()
		if len(before) > 0 {
			list = strings.Join(before, ", ") + ", " + list
		}
		if !yield("X-Forwarded-For", list) {
			return
		}
	}
	scheme := "http"
	if r.TLS() {
		scheme = "https"
	}
	if yield("X-Forwarded-Proto", scheme) && yield("X-Forwarded-Port", portText(r.local.Port())) {
		x.out.TraceID = traceID(trace, r.begin)
		yield("X-Amzn-Trace-Id", x.out.TraceID)
	}
}

func portText(p uint16) string {
	switch p {
	case 80:
		return "80"
	case 443:
		return "443"
	}
	return strconv.Itoa(int(p))
}

func (x *exchange) clientText() string {
	a := x.req.client.Addr().WithZone("")
	if x.settings.ClientPort {
		return net.JoinHostPort(a.String(), strconv.Itoa(int(x.req.client.Port())))
	}
	return a.String()
}

// traceID returns X-Amzn-Trace-Id for the target: a new root, or the client's with this hop as Self
// (elbv2, request tracing).
func traceID(given string, now time.Time) string {
	var text [80]byte
	if given == "" || len(given) > 512 {
		return string(appendTrace(append(text[:0], "Root="...), now))
	}
	b := appendTrace(append(text[:0], "Self="...), now)
	root := false
	var rest []string
	for part := range strings.SplitSeq(given, ";") {
		part = trim(part)
		key, _, _ := strings.Cut(part, "=")
		if part == "" || equalFold(key, "self") {
			continue
		}
		root = root || equalFold(key, "root")
		rest = append(rest, part)
	}
	if !root {
		b = appendTrace(append(b, ";Root="...), now)
	}
	return strings.Join(append([]string{string(b)}, rest...), ";")
}

// appendTrace appends 1-TIME-RANDOM, with 8 and 24 hex digits.
func appendTrace(b []byte, now time.Time) []byte {
	b = append(b, "1-"...)
	b = appendHex(b, uint64(now.Unix()), 8)
	b = append(b, '-')
	b = appendHex(b, rand.Uint64(), 16)
	return appendHex(b, rand.Uint64(), 8)
}

func appendHex(b []byte, n uint64, digits int) []byte {
	for i := digits - 1; i >= 0; i-- {
		b = append(b, "0123456789abcdef"[n>>(4*i)&15])
	}
	return b
}
