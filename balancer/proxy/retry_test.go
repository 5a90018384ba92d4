package proxy

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// closesOnSecond answers the first request of each connection, and closes it when it has read the
// second. Seen counts the requests.
func closesOnSecond(t *testing.T, seen chan<- string) *Target {
	return rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
		for i := range 2 {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			io.Copy(io.Discard, req.Body)
			seen <- req.Method
			if i == 0 {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		}
	})
}

// TestRepeatsOnlyWhatMayBeRepeated is about kept connections that a target closes when it gets
// another request: nobody knows whether it carried that out.
func TestRepeatsOnlyWhatMayBeRepeated(t *testing.T) {
	for _, row := range []struct {
		method, body string
		status       string
		seen         int
	}{
		{"GET", "", "200", 3}, {"HEAD", "", "200", 3}, {"DELETE", "", "200", 3}, {"OPTIONS", "", "200", 3}, {"PUT", "", "200", 3},
		{"POST", "", "502", 2}, {"PATCH", "", "502", 2}, {"POST", "abc", "502", 2}, {"PUT", "abc", "502", 2}, {"GET", "abc", "502", 2},
	} {
		t.Run(row.method+row.body, func(t *testing.T) {
			seen := make(chan string, 9)
			r := newRig(t, Settings{Desync: "monitor"}, closesOnSecond(t, seen))
			r.raw("GET /" + closing)
			req := row.method + " / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n"
			if row.body != "" {
				req += "Content-Length: 3\r\n"
			}
			if got := r.raw(req + "\r\n" + row.body); !strings.HasPrefix(got, "HTTP/1.1 "+row.status) {
				t.Fatalf("%q", got)
			}
			if len(seen) != row.seen {
				t.Fatalf("the target saw %d requests, not %d", len(seen), row.seen)
			}
		})
	}
}

// TestKeptConnectionThatClosedIsNotUsed has a target that closes connections a while after an
// answer: a POST never meets it.
func TestKeptConnectionThatClosedIsNotUsed(t *testing.T) {
	closed := make(chan struct{}, 1)
	r := newRig(t, Settings{}, rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
		readRaw(r)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		c.Close()
		closed <- struct{}{}
	}))
	for range 5 {
		if got := r.raw("POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 200") {
			t.Fatalf("%q", got)
		}
		<-closed
	}
}

func TestAnotherTargetIsTriedIfNothingWasSent(t *testing.T) {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	l.Close()
	gone := &Target{Address: l.Addr().String()}
	gone2 := &Target{Address: l.Addr().String(), Protocol: "GRPC"}
	r := newRig(t, Settings{}, gone, gone2, target(t, echo))
	got := r.raw("POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
	wantIn(t, got, "X-Got: 3\r\n")
	if o := r.router.last(t, 1); o.Target != r.router.targets[2] || o.Problem != "" || len(r.router.errs) != 2 {
		t.Fatalf("%+v %v", o, r.router.errs)
	}
	if gone.Open.Load() != 0 || gone2.Open.Load() != 0 {
		t.Fatal("requests are open on targets that are gone")
	}
	r = newRig(t, Settings{}, gone)
	wantIn(t, r.raw("GET /"+closing), "HTTP/1.1 502 ")
	r = newRig(t, Settings{})
	wantIn(t, r.raw("GET /"+closing), "HTTP/1.1 503 ")
}
