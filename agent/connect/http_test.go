package connect

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// serve answers requests with what it was asked and its own name, and returns the port.
func serve(t *testing.T, says string, protocols *http.Protocols) int32 {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Protocols: protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto+" "+r.Host+" "+says)
	})}
	t.Cleanup(func() { s.Close() })
	go s.Serve(l)
	return int32(l.Addr().(*net.TCPAddr).Port)
}

// TestRequestsAreDivided: each request over one connection goes to the next task, in the protocol
// of the port, with the host that the client asked for.
func TestRequestsAreDivided(t *testing.T) {
	one, two := new(http.Protocols), new(http.Protocols)
	one.SetHTTP1(true)
	two.SetUnencryptedHTTP2(true)
	for version, of := range map[string]struct {
		protocols *http.Protocols
		shown     string
	}{"HTTP1": {one, "HTTP/1.1"}, "HTTP2": {two, "HTTP/2.0"}, "GRPC": {two, "HTTP/2.0"}} {
		t.Run(version, func(t *testing.T) {
			c, dns := start(t)
			c.Use(loopback{})
			g := group("shop/web", "web", 8000, serve(t, "a", of.protocols), serve(t, "b", of.protocols))
			g.Group.Protocol, g.Group.ProtocolVersion = structs.ProtocolHTTP, version
			c.Apply(structs.TrafficFrame{Full: true, Groups: []structs.TrafficGroup{g}})
			client := &http.Client{Transport: &http.Transport{Protocols: of.protocols, MaxConnsPerHost: 1}}
			defer client.CloseIdleConnections()
			seen := map[string]int{}
			for range 4 {
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+net.JoinHostPort(dns["web"], strconv.Itoa(8000)), http.NoBody)
				r.Host = "web:8000"
				r.Header.Set("Content-Type", "application/grpc")
				w, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := io.ReadAll(w.Body)
				w.Body.Close()
				seen[string(text)]++
			}
			if a, b := seen[of.shown+" web:8000 a"], seen[of.shown+" web:8000 b"]; a != 2 || b != 2 {
				t.Errorf("answers: %v", seen)
			}
		})
	}
}
