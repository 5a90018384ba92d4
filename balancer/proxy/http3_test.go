package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"
)

func TestHTTP3(t *testing.T) {
	r := startRig(t, Settings{HTTP2: true, AltSvc: `h3=":443"`}, true, target(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		echo(w, r)
		w.Header().Set("X-Sum", "1")
	}))
	resp, err := http2Client(t).Get("https://" + r.address)
	if err != nil || resp.Header.Get("Alt-Svc") != `h3=":443"` {
		t.Fatal("clients are not told of it:", err, resp)
	}
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- r.server.ServeHTTP3(packets, &tls.Config{Certificates: []tls.Certificate{testCertificate(t)}})
	}()
	transport := &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.Close()
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	for _, body := range []string{"", "abc", strings.Repeat("x", 1<<20)} {
		resp, err := client.Post("https://"+packets.LocalAddr().String()+"/a?b", "a/b", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.ProtoMajor != 3 || resp.Header.Get("X-Got") != fmt.Sprint(len(body)) || resp.Trailer.Get("X-Sum") != "1" {
			t.Fatal(err, resp, resp.Trailer)
		}
		wantIn(t, string(b), "/a?b\nX-Forwarded-For: 127.0.0.1\nX-Forwarded-Proto: https\n")
	}
	if o := r.router.last(t, 2); o.Protocol != "HTTP/3.0" || o.TLSProtocol != "TLSv1.3" || o.Status != 200 {
		t.Fatalf("%+v", o)
	}
	transport.Close()
	if err := r.server.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
