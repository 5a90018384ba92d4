package proxy

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func TestEarlyAnswerReachesAClientThatStillSends(t *testing.T) {
	for range 20 {
		target := rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
			readRaw(r)
			io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
		})
		r := newRig(t, Settings{}, target)
		c := r.dial()
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			io.WriteString(c, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 20971520\r\n\r\n")
			io.Copy(c, io.LimitReader(repeated{}, 20<<20))
		}()
		got, _ := io.ReadAll(c)
		if want := "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig"; string(got) != want {
			t.Fatalf("%q", got)
		}
		c.Close()
		<-sent
	}
}

func TestExpectIsTheTargetsToAnswer(t *testing.T) {
	r := newRig(t, Settings{}, target(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		echo(w, r)
	}))
	c := r.dial()
	in := bufio.NewReader(c)
	io.WriteString(c, "POST /yes HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	if got := readRaw(in); got != "HTTP/1.1 100 Continue\r\n\r\n" {
		t.Fatalf("%q", got)
	}
	io.WriteString(c, "hello")
	wantIn(t, readRaw(in), "X-Got: 5\r\n")
	if got := r.raw("POST /no HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 403 ") {
		t.Fatalf("%q", got)
	}
}

func TestUpgradeKeepsTheHalfThatIsOpen(t *testing.T) {
	target := rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
		head := readRaw(r)
		if !strings.Contains(head, "Connection: upgrade\r\nUpgrade: websocket\r\n") || !strings.Contains(head, "Sec-WebSocket-Key: k\r\n") {
			t.Errorf("%q", head)
		}
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi")
		b, _ := io.ReadAll(r)
		time.Sleep(50 * time.Millisecond)
		c.Write(append(b, " bye"...))
	})
	for _, secure := range []bool{false, true} {
		r := startRig(t, Settings{}, secure, target)
		c := r.dial()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: web\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n12345")
		c.(interface{ CloseWrite() error }).CloseWrite()
		got, _ := io.ReadAll(c)
		want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nhi12345 bye"
		if string(got) != want {
			t.Fatalf("%q", got)
		}
		if o := r.router.last(t, 1); o.Protocol != "websocket" || o.Status != 101 {
			t.Fatalf("%+v", o)
		}
	}
}

// TestNoUpgradeToHTTP2 is about requests that would pass by the Router.
func TestNoUpgradeToHTTP2(t *testing.T) {
	r := newRig(t, Settings{}, target(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade")+r.Header.Get("Http2-Settings") != "" {
			w.WriteHeader(500)
		}
	}))
	for _, protocol := range []string{"h2c", "H2C", "websocket, h2c"} {
		got := r.raw("GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade, HTTP2-Settings, close\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nUpgrade: " + protocol + "\r\n\r\n")
		wantIn(t, got, "HTTP/1.1 200 ")
	}
}

func TestTargetsThatMisbehave(t *testing.T) {
	for _, row := range []struct{ name, answer, want, problem string }{
		{"closes", "", "HTTP/1.1 502 ", "closed the connection"},
		{"closes in the head", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 502 ", "closed the connection"},
		{"garbage", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 502 ", "did not answer with HTTP/1.1"},
		{"bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 502 ", "ends without CR"},
		{"folded", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 502 ", "folded"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 502 ", "more than one Content-Length"},
		{"length and chunked", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "HTTP/1.1 502 ", "both"},
		{"unasked upgrade", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n", "HTTP/1.1 502 ", "nobody asked"},
		{"head too large", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", "HTTP/1.1 502 ", "full"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, Settings{}, rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
				readRaw(r)
				io.WriteString(c, row.answer)
			}))
			got := r.raw("GET /" + closing)
			if !strings.HasPrefix(got, row.want) {
				t.Fatalf("%q", got)
			}
			o := r.router.last(t, 1)
			if o.Status != 502 || !strings.Contains(o.Problem, row.problem) || len(r.router.errs) != 1 {
				t.Fatalf("%+v, %v", o, r.router.errs)
			}
		})
	}
}

// TestAnswerThatBreaksOffDoesNotLookWhole has a target that closes in the middle of a body.
func TestAnswerThatBreaksOffDoesNotLookWhole(t *testing.T) {
	for _, head := range []string{"Content-Length: 9\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "Transfer-Encoding: chunked\r\n\r\n3\r\nabcX"} {
		r := newRig(t, Settings{}, rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
			readRaw(r)
			io.WriteString(c, "HTTP/1.1 200 OK\r\n"+head)
		}))
		resp, err := http.Get("http://" + r.address)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
		}
		if err == nil {
			t.Fatal("the client took it for the whole:", head)
		}
		if o := r.router.last(t, 1); o.Problem == "" || o.Status != 200 {
			t.Fatalf("%+v", o)
		}
	}
}

func TestTimeouts(t *testing.T) {
	never := rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) })
	r := newRig(t, Settings{IdleTimeout: 200 * time.Millisecond}, never)
	if got := r.raw("GET /" + closing); !strings.HasPrefix(got, "HTTP/1.1 504 ") {
		t.Fatalf("a target that never answers: %q", got)
	}
	if o := r.router.last(t, 1); !errors.Is(r.router.errs[0], os.ErrDeadlineExceeded) || o.TargetStatus != 0 {
		t.Fatalf("%+v %v", o, r.router.errs)
	}
	if got := r.raw("GET / HTTP/1.1\r\nHost:"); !strings.HasPrefix(got, "HTTP/1.1 408 ") {
		t.Fatalf("half a head: %q", got)
	}
	if got := r.raw("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nab"); !strings.HasPrefix(got, "HTTP/1.1 408 ") {
		t.Fatalf("half a body: %q", got)
	}
	begin := time.Now()
	if got := r.raw(""); got != "" || time.Since(begin) > 2*time.Second {
		t.Fatalf("a connection without a request: %q", got)
	}
	if o := r.router.refusal(t, 1); o.Status != 408 {
		t.Fatalf("%+v", o)
	}
}

// TestSlowUploadIsNoTimeout has a client that sends for longer than the idle timeout, but never
// pauses for so long.
func TestSlowUploadIsNoTimeout(t *testing.T) {
	r := newRig(t, Settings{IdleTimeout: 200 * time.Millisecond}, target(t, echo))
	c := r.dial()
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: 10\r\n\r\n")
	for range 10 {
		time.Sleep(60 * time.Millisecond)
		io.WriteString(c, "x")
	}
	got, _ := io.ReadAll(c)
	wantIn(t, string(got), "X-Got: 10\r\n")
}
