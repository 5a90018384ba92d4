package proxy

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestShutdownWaitsForOpenRequests has one request open, one connection that is used again, and one
// that stays idle.
func TestShutdownWaitsForOpenRequests(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, Settings{}, target(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-release
		}
		io.WriteString(w, "done")
	}))
	slow, again, idle := r.dial(), r.dial(), r.dial()
	io.WriteString(slow, "GET /slow HTTP/1.1\r\nHost: web\r\n\r\n")
	for _, c := range []net.Conn{again, idle} {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- r.server.Shutdown(context.Background()) }()
	time.Sleep(100 * time.Millisecond)
	if _, err := net.Dial("tcp", r.address); err == nil {
		t.Fatal("the listener is open")
	}
	io.WriteString(again, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1\r\n\r\na")
	got, _ := io.ReadAll(again)
	wantIn(t, string(got), "HTTP/1.1 200 OK\r\n")
	wantIn(t, string(got), "Connection: close\r\n")
	if _, err := io.ReadAll(idle); err != nil {
		t.Fatal("the idle connection was not ended in order:", err)
	}
	select {
	case err := <-ended:
		t.Fatal("it did not wait:", err)
	default:
	}
	close(release)
	got, _ = io.ReadAll(slow)
	wantIn(t, string(got), "Connection: close\r\n")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestShutdownEndsAtItsTime(t *testing.T) {
	r := newRig(t, Settings{}, target(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	c := r.dial()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	time.Sleep(50 * time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := r.server.Shutdown(ctx); err != context.DeadlineExceeded {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(3 * time.Second))
	if got, _ := io.ReadAll(c); len(got) > 0 {
		t.Fatalf("%q", got)
	}
}

// TestShutdownTakesConnectionsThatAreBeginning has a client that connected before Shutdown and does
// its handshake after it began.
func TestShutdownTakesConnectionsThatAreBeginning(t *testing.T) {
	r := startRig(t, Settings{HTTP2: true}, true, target(t, echo))
	raw, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	for taken := 0; taken == 0; time.Sleep(10 * time.Millisecond) {
		r.server.mu.Lock()
		taken = len(r.server.conns)
		r.server.mu.Unlock()
	}
	ended := make(chan error, 1)
	go func() { ended <- r.server.Shutdown(context.Background()) }()
	time.Sleep(100 * time.Millisecond)
	client := http2Client(t)
	client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) { return raw, nil }
	resp, err := client.Get("https://" + r.address)
	if err != nil || resp.StatusCode != 200 || resp.ProtoMajor != 2 {
		t.Fatal(err, resp)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// TestShutdownOfHTTP2 has one request open on a connection: it ends, and another one goes to a new
// connection, which nobody takes.
func TestShutdownOfHTTP2(t *testing.T) {
	begun, release := make(chan struct{}, 9), make(chan struct{})
	r := startRig(t, Settings{HTTP2: true}, true, target(t, func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-release
		io.WriteString(w, "done")
	}))
	client := http2Client(t)
	body := make(chan string, 1)
	go func() {
		resp, err := client.Get("https://" + r.address)
		if err != nil {
			body <- err.Error()
			return
		}
		b, _ := io.ReadAll(resp.Body)
		body <- string(b)
	}()
	<-begun
	ended := make(chan error, 1)
	go func() { ended <- r.server.Shutdown(context.Background()) }()
	time.Sleep(200 * time.Millisecond)
	if _, err := client.Get("https://" + r.address); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Fatal("a new request got to it:", err)
	}
	close(release)
	if got := <-body; got != "done" {
		t.Fatal(got)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
