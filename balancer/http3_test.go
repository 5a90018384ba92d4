package balancer

import (
	"crypto/tls"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/gantry-project/gantry/structs"
)

func TestHTTP3(t *testing.T) {
	w, port := start(t, Config{}), freePort(t)
	l := listenerAt("l", "HTTPS", port, forwardTo("g"))
	l.Listener.Certificates = []string{"arn"}
	frame := structs.TrafficFrame{Full: true, Groups: []structs.TrafficGroup{groupWith("g", backend(t, "a"))},
		Listeners: []structs.TrafficListener{l}, Certificates: []structs.TrafficCertificate{certificateFor(t, "arn", "a.org")}}
	w.Apply(frame)
	insecure := &tls.Config{InsecureSkipVerify: true, ServerName: "a.org"}
	url := "https://127.0.0.1:" + strconv.Itoa(int(port)) + "/"
	ask := func(over http.RoundTripper) (body, altSvc, proto string) {
		t.Helper()
		answer, err := (&http.Client{Transport: over}).Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		all, _ := io.ReadAll(answer.Body)
		return string(all), answer.Header.Get("Alt-Svc"), answer.Proto
	}
	if _, offered, _ := ask(&http.Transport{TLSClientConfig: insecure, DisableKeepAlives: true}); offered != "" {
		t.Errorf("without the attribute, %q is offered", offered)
	}
	l.Listener.Attributes = []structs.TrafficAttribute{{Key: structs.AttributeHTTP3, Value: "true"}}
	w.Apply(structs.TrafficFrame{Listeners: []structs.TrafficListener{l}})
	body, offered, _ := ask(&http.Transport{TLSClientConfig: insecure, DisableKeepAlives: true})
	if want := `h3=":` + strconv.Itoa(int(port)) + `"; ma=86400`; body != "a" || offered != want {
		t.Errorf("answered %q, offered %q, want %q", body, offered, want)
	}
	overHTTP3 := func() {
		t.Helper()
		quick := &http3.Transport{TLSClientConfig: insecure}
		defer quick.Close()
		if body, _, proto := ask(quick); body != "a" || proto != "HTTP/3.0" {
			t.Errorf("answered %q over %s", body, proto)
		}
	}
	overHTTP3()
	// Another TLS policy is a new server on the port: HTTP/3 is back when the old one has ended.
	l.Listener.SSLPolicy = "ELBSecurityPolicy-TLS13-1-3-2021-06"
	w.Apply(structs.TrafficFrame{Listeners: []structs.TrafficListener{l}})
	until(t, "HTTP/3 is served again", func() bool {
		quick := &http3.Transport{TLSClientConfig: insecure, QUICConfig: &quic.Config{HandshakeIdleTimeout: 300 * time.Millisecond}}
		defer quick.Close()
		answer, err := (&http.Client{Transport: quick}).Get(url)
		if err == nil {
			answer.Body.Close()
		}
		return err == nil
	})
}
