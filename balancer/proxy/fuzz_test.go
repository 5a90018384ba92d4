package proxy

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzRequest wants that what the proxy takes, net/http takes too, with the same method, target,
// host and length of the body; and that the head as it goes to a target says the same again.
func FuzzRequest(f *testing.F) {
	for _, row := range strictRows {
		f.Add(row.request)
	}
	for _, ok := range []string{
		"GET / HTTP/1.1\r\nHost: web\r\n\r\n", "GET http://WEB/a?b HTTP/1.1\r\nHost: web\r\nConnection: upgrade, x\r\nUpgrade: a\r\nX: 1\r\n\r\n",
		"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n", "PUT /a HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: Chunked\r\nTrailer: A\r\nTE: trailers\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\nContent_Length: 1\r\n\r\n",
	} {
		f.Add(ok)
	}
	f.Fuzz(func(t *testing.T, text string) {
		settings := &Settings{HeaderBytes: 64 << 10}
		in := reader{conn: nowhere{}, buf: []byte(text), to: len(text)}
		raw, err := in.head(settings.HeaderBytes, time.Time{})
		if err != nil {
			return
		}
		x := &exchange{settings: settings}
		if x.req.parse(string(raw), settings) != nil {
			return
		}
		compare := func(raw []byte, own *request, again bool) {
			theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
			if err != nil {
				t.Fatalf("net/http refuses %q: %v", raw, err)
			}
			length := theirs.ContentLength
			if theirs.Method != own.method || length != own.length {
				t.Fatalf("%q: method %q and %q, length %d and %d", raw, own.method, theirs.Method, own.length, length)
			}
			if own.host != "" && !strings.EqualFold(theirs.Host, own.host) || again && theirs.RequestURI != own.target {
				t.Fatalf("%q: host %q and %q, target %q and %q", raw, own.host, theirs.Host, own.target, theirs.RequestURI)
			}
		}
		if strings.Contains(x.req.target, "%") { // net/http checks escapes
			return
		}
		compare(raw, &x.req, false)
		sent := x.appendHead(nil, &Target{Address: "192.0.2.1:80"})
		var back request
		if err := back.parse(string(sent), settings); err != nil {
			t.Fatalf("the proxy would not take what it sends: %v\n%q", err, sent)
		}
		compare(sent, &x.req, true)
	})
}

// FuzzChunks wants that the body which the proxy takes, net/http takes as the same bytes.
func FuzzChunks(f *testing.F) {
	for _, s := range []string{"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "3;a=\"b\"\r\nabc\r\n00\r\nA: b\r\n\r\n", "A\r\n0123456789\r\n0\r\n\r\nX", "1\nabc", "0x1\r\na\r\n0\r\n\r\n", "1\r\nab\r\n", "fffffffffffffff\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > bufferSize {
			return
		}
		in := reader{conn: nowhere{}, buf: []byte(text), to: len(text)}
		var b body
		b.reset(&in, untilEnd, true, time.Second)
		var ours []byte
		for {
			p, err := b.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return
			}
			ours = append(ours, p...)
		}
		req, err := http.ReadRequest(bufio.NewReader(strings.NewReader("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + text)))
		if err != nil {
			t.Fatal(err)
		}
		if theirs, err := io.ReadAll(req.Body); err != nil || !bytes.Equal(ours, theirs) {
			t.Fatalf("%q: ours %q, theirs %q, %v", text, ours, theirs, err)
		}
	})
}

// FuzzResponse wants that the head of an answer that the proxy takes has the status and length that
// net/http reads.
func FuzzResponse(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HTTP/1.0 404\r\n\r\n", "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close, a\r\nA: b\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in := reader{conn: nowhere{}, buf: []byte(text), to: len(text)}
		raw, err := in.head(64<<10, time.Time{})
		var ours response
		if err != nil || ours.parse(raw, "GET") != nil {
			return
		}
		theirs, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
		if err != nil {
			t.Fatalf("net/http refuses %q: %v", raw, err)
		}
		if theirs.StatusCode != ours.status || ours.status >= 200 && theirs.ContentLength != ours.length {
			t.Fatalf("%q: status %d and %d, length %d and %d", raw, ours.status, theirs.StatusCode, ours.length, theirs.ContentLength)
		}
	})
}
