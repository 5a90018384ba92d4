package proxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestAnswersInEveryForm gives answers of targets as they are on the wire, and wants what the
// client gets.
func TestAnswersInEveryForm(t *testing.T) {
	for _, row := range []struct{ name, method, answer, want string }{
		{"sized", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"},
		{"empty reason", "GET", "HTTP/1.1 299\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 299 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{"chunked with trailers", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\nContent-Length: 4\r\n\r\n",
			"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n"},
		{"early hints", "GET", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
			"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\nConnection: close\r\n\r\n"},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"a\"\r\nConnection: close\r\n\r\n"},
		{"two cookies in order", "GET", "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
			"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{"hop by hop", "GET", "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: a\r\nContent-Length: 0\r\nVia: 1.1 b\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nVia: 1.1 b\r\nConnection: close\r\n\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, Settings{}, answering(t, row.answer))
			if got := r.raw(row.method + " /" + closing); got != row.want {
				t.Fatalf("got  %q\nwant %q", got, row.want)
			}
		})
	}
}

func TestAnswerThatEndsWithTheConnection(t *testing.T) {
	target := rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
		readRaw(r)
		io.WriteString(c, "HTTP/1.0 200 OK\r\nContent-Type: a/b\r\n\r\nhello")
	})
	r := newRig(t, Settings{}, target)
	want := "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
	if got := r.raw("GET /" + closing); got != want {
		t.Fatalf("%q", got)
	}
	want = "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nConnection: close\r\n\r\nhello"
	if got := r.raw("GET / HTTP/1.0\r\n\r\n"); got != want {
		t.Fatalf("to a client of HTTP/1.0: %q", got)
	}
	if !r.router.last(t, 1).CloseByTarget {
		t.Fatal("it is not reported that the target closed")
	}
}

func TestClientsOfHTTP10(t *testing.T) {
	r := newRig(t, Settings{}, answering(t, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"))
	if got := r.raw("GET / HTTP/1.0\r\n\r\n"); got != "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx" {
		t.Fatalf("%q", got)
	}
	c := r.dial()
	in := bufio.NewReader(c)
	for range 2 {
		io.WriteString(c, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
		if head := readRaw(in); !strings.Contains(head, "Connection: keep-alive\r\n") {
			t.Fatalf("%q", head)
		}
		in.ReadByte()
	}
}

// TestLargeBodies sends and gets 100 MB, sized and chunked, at once.
func TestLargeBodies(t *testing.T) {
	const size = 100 << 20
	r := newRig(t, Settings{}, target(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sized" {
			w.Header().Set("Content-Length", fmt.Sprint(r.ContentLength))
		}
		http.NewResponseController(w).EnableFullDuplex()
		io.Copy(w, r.Body)
	}))
	for _, path := range []string{"/sized", "/chunked"} {
		var body io.Reader = io.LimitReader(repeated{}, size)
		req, _ := http.NewRequest("POST", "http://"+r.address+path, body)
		if path == "/sized" {
			req.ContentLength = size
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(checked{t, new(int)}, resp.Body)
		if n != size || err != nil {
			t.Fatal(path, n, err)
		}
	}
	if o := r.router.last(t, 2); o.BytesIn < size || o.BytesOut < size {
		t.Fatalf("%+v", o)
	}
}

const pattern = "0123456789abcdefghijklmnopqrstuvwxyz-" // of no power of two

// repeated is a body without end.
type repeated struct{}

func (repeated) Read(p []byte) (int, error) {
	n := 0
	for n+len(pattern) <= len(p) {
		n += copy(p[n:], pattern)
	}
	return max(n, copy(p, pattern[:min(len(p), len(pattern))])), nil
}

// checked wants what repeated gives, whatever the pieces: each byte follows the one before.
type checked struct {
	t    *testing.T
	last *int
}

func (c checked) Write(p []byte) (int, error) {
	for _, b := range p {
		at := strings.IndexByte(pattern, b)
		if at != *c.last%len(pattern) {
			c.t.Fatal("a byte is missing or out of order")
		}
		*c.last = at + 1
	}
	return len(p), nil
}

func TestRequestTrailersAndChunksReachTheTarget(t *testing.T) {
	var got bytes.Buffer
	done := make(chan struct{})
	target := rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
		defer close(done)
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		io.Copy(&got, req.Body)
		fmt.Fprint(&got, req.TransferEncoding, req.Trailer)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})
	r := newRig(t, Settings{}, target)
	r.raw("POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;a=b\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n")
	<-done
	if got.String() != "abcde[chunked] map[X-Sum:[5]]" {
		t.Fatal(got.String())
	}
}
