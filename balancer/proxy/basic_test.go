package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// echo answers with what came.
func echo(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Got", fmt.Sprint(len(b)))
	fmt.Fprintf(w, "%s %s %s\n", r.Method, r.Host, r.RequestURI)
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Amzn-Trace-Id", "Connection", "Te", "X-Secret", "Via"} {
		if v := r.Header[name]; v != nil {
			fmt.Fprintf(w, "%s: %s\n", name, strings.Join(v, "|"))
		}
	}
}

func TestForwardsARequestWithWhatTargetsNeed(t *testing.T) {
	r := newRig(t, Settings{}, target(t, echo))
	got := r.raw("GET /a/../b%2f?x=1 HTTP/1.1\r\nHost: web:99\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n" +
		"Connection: close, X-Secret\r\nX-Secret: 1\r\nVia: 1.0 a\r\nKeep-Alive: 5\r\n\r\n")
	wantIn(t, got, "HTTP/1.1 200 OK\r\n")
	wantIn(t, got, "GET web:99 /a/../b%2f?x=1\n")
	wantIn(t, got, "X-Forwarded-For: 192.0.2.1, 127.0.0.1\nX-Forwarded-Proto: http\nX-Forwarded-Port: ")
	wantIn(t, got, "X-Amzn-Trace-Id: Root=1-")
	wantIn(t, got, "Via: 1.0 a\n")
	wantIn(t, got, "Connection: close\r\n")
	if strings.Contains(got, "X-Secret:") {
		t.Fatal("a header that Connection names went on:\n", got)
	}
	o := r.router.last(t, 1)
	if o.Status != 200 || o.TargetStatus != 200 || o.Protocol != "HTTP/1.1" || o.BytesIn == 0 || o.BytesOut != int64(len(got)) || o.ToClient < o.ToTarget || o.Problem != "" {
		t.Fatalf("outcome %+v, %d bytes", o, len(got))
	}
	if open := r.router.targets[0].Open.Load(); open != 0 {
		t.Fatal(open, "requests are open")
	}
}

func TestKeepsConnectionsAndTakesPipelinedRequests(t *testing.T) {
	r := newRig(t, Settings{}, target(t, echo))
	c := r.dial()
	io.WriteString(c, "GET /1 HTTP/1.1\r\nHost: web\r\n\r\nPOST /2 HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: web\r\n\r\n")
	in := bufio.NewReader(c)
	for i := 1; i <= 3; i++ {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(i, err)
		}
		b, _ := io.ReadAll(resp.Body)
		wantIn(t, string(b), fmt.Sprintf("/%d\n", i))
		if want := map[bool]string{true: "3", false: "0"}[i == 2]; resp.Header.Get("X-Got") != want {
			t.Fatal(i, resp.Header)
		}
	}
	r.router.last(t, 3)
	pool := &r.router.targets[0].Pool
	pool.mu.Lock()
	defer pool.mu.Unlock()
	if n := len(pool.idle); n != 1 {
		t.Fatal("idle connections to the target:", n)
	}
}
