package proxy

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const hostLine = "Host: web\r\n"

// strictRows are requests that two programs could read in two ways, or that are malformed. Each has
// a harmless body. None of them may come to a target.
var strictRows = []struct {
	name, request string
	status        int
}{
	{"length and chunked", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"chunked and length", "POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
	{"two lengths", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
	{"the same length twice", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
	{"list of lengths", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length: 1, 1\r\n\r\na", 400},
	{"signed length", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length: +1\r\n\r\na", 400},
	{"negative length", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length: -1\r\n\r\na", 400},
	{"hexadecimal length", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length: 0x1\r\n\r\na", 400},
	{"blank in length", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length: 1 2\r\n\r\na", 400},
	{"empty length", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length:\r\n\r\na", 400},
	{"length too large", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length: 99999999999999999999\r\n\r\na", 400},
	{"chunked twice", "POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"identity", "POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding: identity\r\n\r\n", 501},
	{"list with chunked", "POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
	{"chunked, chunked", "POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
	{"chunked with a parameter", "POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 501},
	{"xchunked", "POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
	{"vertical tab before chunked", "POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400},
	{"chunked in HTTP/1.0", "POST / HTTP/1.0\r\n" + hostLine + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"blank before the colon", "POST / HTTP/1.1\r\n" + hostLine + "Content-Length : 1\r\n\r\na", 400},
	{"tab before the colon", "POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", 400},
	{"folded line", "GET / HTTP/1.1\r\n" + hostLine + "A: b\r\n c\r\n\r\n", 400},
	{"folded first line", "GET / HTTP/1.1\r\n Content-Length: 1\r\n" + hostLine + "\r\n", 400},
	{"bare LF after the request line", "GET / HTTP/1.1\nHost: web\r\n\r\n", 400},
	{"bare LF after a header", "GET / HTTP/1.1\r\nHost: web\nA: b\r\n\r\n", 400},
	{"bare LF at the end", "GET / HTTP/1.1\r\nHost: web\r\n\n", 400},
	{"CR in a value", "GET / HTTP/1.1\r\n" + hostLine + "A: b\rC: d\r\n\r\n", 400},
	{"CR CR LF", "GET / HTTP/1.1\r\n" + hostLine + "A: b\r\r\n\r\n", 400},
	{"NUL in a value", "GET / HTTP/1.1\r\n" + hostLine + "A: b\x00c\r\n\r\n", 400},
	{"NUL in a name", "GET / HTTP/1.1\r\n" + hostLine + "A\x00: b\r\n\r\n", 400},
	{"NUL in the target", "GET /\x00 HTTP/1.1\r\n" + hostLine + "\r\n", 400},
	{"no colon", "GET / HTTP/1.1\r\n" + hostLine + "A\r\n\r\n", 400},
	{"no name", "GET / HTTP/1.1\r\n" + hostLine + ": b\r\n\r\n", 400},
	{"name with a bracket", "GET / HTTP/1.1\r\n" + hostLine + "A(b): c\r\n\r\n", 400},
	{"name that is not ASCII", "GET / HTTP/1.1\r\n" + hostLine + "\xc3\xa4: c\r\n\r\n", 400},
	{"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
	{"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
	{"the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
	{"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
	{"Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
	{"Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
	{"another host in the target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"no host in the target", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"another scheme in the target", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"target without a slash", "GET a HTTP/1.1\r\n" + hostLine + "\r\n", 400},
	{"asterisk", "GET * HTTP/1.1\r\n" + hostLine + "\r\n", 400},
	{"blank in the target", "GET /a b HTTP/1.1\r\n" + hostLine + "\r\n", 400},
	{"tab after the method", "GET\t/ HTTP/1.1\r\n" + hostLine + "\r\n", 400},
	{"two blanks", "GET  / HTTP/1.1\r\n" + hostLine + "\r\n", 400},
	{"blank at the begin", " GET / HTTP/1.1\r\n" + hostLine + "\r\n", 400},
	{"method with a bracket", "G(T / HTTP/1.1\r\n" + hostLine + "\r\n", 400},
	{"HTTP/0.9", "GET /\r\n\r\n", 400},
	{"HTTP/1.2", "GET / HTTP/1.2\r\n" + hostLine + "\r\n", 505},
	{"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	{"http/1.1", "GET / http/1.1\r\n" + hostLine + "\r\n", 400},
	{"HTTP/1.10", "GET / HTTP/1.10\r\n" + hostLine + "\r\n", 400},
	{"CONNECT", "CONNECT a:1 HTTP/1.1\r\n" + hostLine + "\r\n", 405},
	{"TRACE", "TRACE / HTTP/1.1\r\n" + hostLine + "\r\n", 405},
	{"unknown expectation", "POST / HTTP/1.1\r\n" + hostLine + "Expect: a\r\nContent-Length: 1\r\n\r\na", 417},
	{"request line too long", "GET /" + strings.Repeat("a", 20<<10) + " HTTP/1.1\r\n" + hostLine + "\r\n", 414},
	{"head too large", "GET / HTTP/1.1\r\n" + hostLine + "A: " + strings.Repeat("a", 70<<10) + "\r\n\r\n", 431},
	{"too many headers", "GET / HTTP/1.1\r\n" + hostLine + strings.Repeat("A: b\r\n", 201) + "\r\n", 431},
	{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\n\n", 400},
}

func TestAmbiguousRequestsAreRefused(t *testing.T) {
	r := newRig(t, Settings{}, target(t, echo))
	for i, row := range strictRows {
		t.Run(row.name, func(t *testing.T) {
			r.t = t
			got := r.raw(row.request + "GET /smuggled HTTP/1.1\r\nHost: web\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), nil)
			if err != nil || resp.StatusCode != row.status || !resp.Close || strings.Count(got, "HTTP/1.1 ") != 1 {
				t.Fatalf("want %d alone, got %q", row.status, got)
			}
			if o := r.router.refusal(t, i+1); o.Status != row.status {
				t.Fatalf("%+v", o)
			}
			r.router.mu.Lock()
			defer r.router.mu.Unlock()
			if len(r.router.routed) > 0 {
				t.Fatalf("routed %v", r.router.routed)
			}
		})
	}
}

// TestAmbiguousBodiesAreCutOff has bodies whose chunks are malformed: the head was routed already.
func TestAmbiguousBodiesAreCutOff(t *testing.T) {
	for _, body := range []string{"0x1\r\na\r\n0\r\n\r\n", "+1\r\na\r\n0\r\n\r\n", " 1\r\na\r\n0\r\n\r\n", "1 \r\na\r\n0\r\n\r\n", "\r\na\r\n0\r\n\r\n", "1\na\r\n0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n",
		"1\r\na\n0\r\n\r\n", "1\r\na0\r\n\r\n", "g\r\na\r\n", "11111111111111111\r\na\r\n", "1;a\rb\r\na\r\n0\r\n\r\n", "1;" + strings.Repeat("a", 2000) + "\r\na\r\n", "0\r\nA : b\r\n\r\n", "0\r\n a: b\r\n\r\n", "0\n\r\n"} {
		seen := make(chan string, 9)
		r := newRig(t, Settings{}, rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
			for {
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				if _, err := io.Copy(io.Discard, req.Body); err == nil {
					seen <- req.URL.Path
				}
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		}))
		got := r.raw("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "GET /smuggled HTTP/1.1\r\nHost: web\r\n\r\n")
		time.Sleep(5 * time.Millisecond)
		if len(seen) > 0 || !strings.HasPrefix(got, "HTTP/1.1 400 ") || strings.Count(got, "HTTP/1.1") != 1 {
			t.Fatalf("body %q: the target took %d requests, the client got %q", body, len(seen), got)
		}
	}
}
