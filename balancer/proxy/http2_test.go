package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// http2Client speaks HTTP/2 alone.
func http2Client(t *testing.T) *http.Client {
	p := new(http.Protocols)
	p.SetHTTP2(true)
	transport := &http.Transport{Protocols: p, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

// http2Target is a target that speaks HTTP/2 alone, with TLS or without.
func http2Target(t *testing.T, secure bool, handler http.HandlerFunc) *Target {
	s := httptest.NewUnstartedServer(handler)
	if secure {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Config.Protocols = new(http.Protocols)
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
	}
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return &Target{Address: s.Listener.Addr().String(), Protocol: "GRPC", TLS: secure}
}

// grpcLike answers each message at once, and ends with trailers.
func grpcLike(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 2 || r.Header.Get("Te") != "trailers" {
		w.Header().Set("X-Wrong", r.Proto+r.Header.Get("Te"))
	}
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	w.WriteHeader(200)
	control := http.NewResponseController(w)
	control.Flush()
	b := make([]byte, 100)
	for {
		n, err := r.Body.Read(b)
		w.Write(b[:n])
		control.Flush()
		if err != nil {
			break
		}
	}
	w.Header().Set("Grpc-Status", "7")
	w.Header().Set(http.TrailerPrefix+"Grpc-Message", "no")
}

func TestStreamsOfGRPC(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := startRig(t, Settings{HTTP2: true}, true, http2Target(t, secure, grpcLike))
		pr, pw := io.Pipe()
		req, _ := http.NewRequest("POST", "https://"+r.address+"/pkg.Service/Call", pr)
		req.Header.Set("Te", "trailers")
		resp, err := http2Client(t).Do(req) // the head comes before the first message
		if err != nil {
			t.Fatal(err)
		}
		if resp.ProtoMajor != 2 || resp.Header.Get("X-Wrong") != "" || resp.Header.Get("Content-Type") != "application/grpc" {
			t.Fatal(resp.Proto, resp.Header)
		}
		for i := range 5 {
			msg := fmt.Sprintf("message %d", i)
			io.WriteString(pw, msg)
			b := make([]byte, len(msg))
			if _, err := io.ReadFull(resp.Body, b); err != nil || string(b) != msg {
				t.Fatalf("%q %v", b, err)
			}
		}
		pw.Close()
		if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) > 0 {
			t.Fatalf("%q %v", rest, err)
		}
		if resp.Trailer.Get("Grpc-Status") != "7" || resp.Trailer.Get("Grpc-Message") != "no" {
			t.Fatal(resp.Trailer)
		}
		if o := r.router.last(t, 1); o.Protocol != "HTTP/2.0" || o.TLSProtocol != "TLSv1.3" || o.Status != 200 || o.Problem != "" {
			t.Fatalf("%+v", o)
		}
	}
}

// TestGRPCThatEndsAtOnce has an answer that is its trailers alone.
func TestGRPCThatEndsAtOnce(t *testing.T) {
	r := startRig(t, Settings{HTTP2: true}, true, http2Target(t, false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Grpc-Status", "12")
	}))
	resp, err := http2Client(t).Post("https://"+r.address+"/x", "application/grpc", strings.NewReader("abc"))
	if err != nil || resp.Header.Get("Grpc-Status") != "12" || resp.StatusCode != 200 {
		t.Fatal(err, resp)
	}
}

// TestAllPairsOfProtocols sends the same to each kind of target from each kind of client.
func TestAllPairsOfProtocols(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hints" {
			w.Header().Set("Link", "</a>")
			w.WriteHeader(103)
			w.Header().Del("Link")
		}
		w.Header().Set("Trailer", "X-Sum")
		echo(w, r)
		w.Header().Set("X-Sum", r.Trailer.Get("X-Client"))
	}
	for name, target := range map[string]*Target{"h1": target(t, handler), "h2c": http2Target(t, false, handler), "h2": http2Target(t, true, handler)} {
		for _, client := range []string{"h1", "h2"} {
			t.Run(client+" to "+name, func(t *testing.T) {
				r := startRig(t, Settings{HTTP2: client == "h2"}, true, target)
				hc := http2Client(t)
				if client == "h1" {
					hc = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
				}
				for _, body := range []string{"", "abc", strings.Repeat("x", 1<<20)} {
					pairRequest(t, hc, r.address, body)
				}
				resp, err := hc.Head("https://" + r.address + "/h")
				if err != nil || resp.StatusCode != 200 {
					t.Fatal(err, resp)
				}
			})
		}
	}
}

func pairRequest(t *testing.T, hc *http.Client, address, body string) {
	t.Helper()
	var hints []string
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		hints = append(hints, fmt.Sprint(code, h.Get("Link")))
		return nil
	}})
	req, _ := http.NewRequestWithContext(ctx, "POST", "https://"+address+"/hints?a=%2F", io.MultiReader(strings.NewReader(body)))
	req.Trailer = http.Header{"X-Client": {"sum"}}
	req.Host = "web"
	resp, err := hc.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("X-Got") != fmt.Sprint(len(body)) {
		t.Fatal(err, resp.Header)
	}
	_, port, _ := net.SplitHostPort(address)
	wantIn(t, string(b), "POST web:"+port+" /hints?a=%2F\n")
	wantIn(t, string(b), "X-Forwarded-Proto: https\n")
	if resp.Trailer.Get("X-Sum") != "sum" {
		t.Fatal("trailers:", resp.Trailer)
	}
	if len(hints) != 1 || hints[0] != "103</a>" {
		t.Fatal("informational answers:", hints)
	}
}

func TestCancelOfAStreamEndsTheRequestToTheTarget(t *testing.T) {
	for _, protocol := range []string{"HTTP1", "GRPC"} {
		ended := make(chan struct{})
		handler := func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
			close(ended)
		}
		to := target(t, handler)
		if protocol == "GRPC" {
			to = http2Target(t, false, handler)
		}
		r := startRig(t, Settings{HTTP2: true}, true, to)
		ctx, cancel := context.WithCancel(context.Background())
		req, _ := http.NewRequestWithContext(ctx, "GET", "https://"+r.address, nil)
		if _, err := http2Client(t).Do(req); err != nil {
			t.Fatal(err)
		}
		cancel()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Fatal("the target's request goes on:", protocol)
		}
		r.router.last(t, 1)
	}
}

func TestHTTP2AnswerThatBreaksOff(t *testing.T) {
	r := startRig(t, Settings{HTTP2: true}, true, rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
		readRaw(r)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
	}))
	resp, err := http2Client(t).Get("https://" + r.address)
	if err == nil {
		var b bytes.Buffer
		_, err = b.ReadFrom(resp.Body)
	}
	if err == nil {
		t.Fatal("the client took it for the whole")
	}
}

// TestHTTP2Timeouts has a target that never answers, and a client that does not send its body.
func TestHTTP2Timeouts(t *testing.T) {
	never := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			<-r.Context().Done()
		}
	}
	for name, to := range map[string]*Target{"h1": target(t, never), "h2c": http2Target(t, false, never)} {
		r := startRig(t, Settings{HTTP2: true, IdleTimeout: 300 * time.Millisecond}, true, to)
		resp, err := http2Client(t).Get("https://" + r.address)
		if err != nil || resp.StatusCode != 504 {
			t.Fatal(name, err, resp)
		}
		pr, pw := io.Pipe()
		defer pw.Close()
		resp, err = http2Client(t).Post("https://"+r.address, "a/b", pr)
		if err != nil || resp.StatusCode != 504 {
			t.Fatal(name, "half a body:", err, resp)
		}
		r.router.last(t, 2)
		if open := to.Open.Load(); open != 0 {
			t.Fatal(open, "requests are open")
		}
	}
}
