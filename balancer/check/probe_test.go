package check

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// specOf returns a spec of a target at host:port.
func specOf(t *testing.T, address string, c structs.TargetCheck) Spec {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(port)
	if c.Port == "" {
		c.Port = "traffic-port"
	}
	c.Timeout, c.Interval, c.Healthy, c.Unhealthy = max(1, c.Timeout), max(1, c.Interval), max(2, c.Healthy), max(2, c.Unhealthy)
	return Spec{Group: "g", Address: host, Port: int32(n), Task: "t", Check: c, State: structs.TargetInitial}
}

func run(t *testing.T, s Spec) verdict {
	t.Helper()
	return probe(t.Context(), &s, parseRanges(s.Check.Matcher, s.GRPC))
}

func TestHTTPCheck(t *testing.T) {
	var seen *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusFound)
		}
	}))
	defer server.Close()
	address := server.Listener.Addr().String()
	if v := run(t, specOf(t, address, structs.TargetCheck{Protocol: "HTTP", Path: "/healthz?deep=1"})); !v.pass {
		t.Errorf("a good answer: %+v", v)
	}
	if seen.RequestURI != "/healthz?deep=1" || seen.UserAgent() != "ELB-HealthChecker/2.0" || seen.Host != address {
		t.Errorf("asked %s of %s as %s", seen.RequestURI, seen.Host, seen.UserAgent())
	}
	moved := structs.TargetCheck{Protocol: "HTTP", Path: "/moved"}
	v := run(t, specOf(t, address, moved))
	if v.pass || v.reason != "Target.ResponseCodeMismatch" || v.description != "Health checks failed with these codes: [302]" {
		t.Errorf("a redirect, which is not followed: %+v", v)
	}
	moved.Matcher = "200-299, 302"
	if v := run(t, specOf(t, address, moved)); !v.pass {
		t.Errorf("a code of the matcher: %+v", v)
	}
	other := specOf(t, "127.0.0.1:1", structs.TargetCheck{Protocol: "HTTP", Port: strings.TrimPrefix(address, "127.0.0.1:")})
	if v := run(t, other); !v.pass {
		t.Errorf("on another port than the traffic's: %+v", v)
	}
}

func TestHTTPSCheckTakesAnyCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer server.Close()
	if v := run(t, specOf(t, server.Listener.Addr().String(), structs.TargetCheck{Protocol: "HTTPS"})); !v.pass {
		t.Errorf("%+v", v)
	}
}

func TestGRPCCheck(t *testing.T) {
	code := "12"
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 || r.Method != "POST" || r.Header.Get("Content-Type") != "application/grpc" {
			http.Error(w, "no gRPC", http.StatusTeapot)
			return
		}
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		w.WriteHeader(http.StatusOK)
		w.Write(make([]byte, 5))
		w.Header().Set("Grpc-Status", code)
	})
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	defer server.Close()
	s := specOf(t, server.Listener.Addr().String(), structs.TargetCheck{Protocol: "HTTP", Path: "/AWS.ALB/healthcheck"})
	s.GRPC, s.HTTP2 = true, true
	if v := run(t, s); !v.pass {
		t.Errorf("12, which passes by default: %+v", v)
	}
	code = "14"
	if v := run(t, s); v.pass || v.description != "Health checks failed with these codes: [14]" {
		t.Errorf("14: %+v", v)
	}
	s.Check.Matcher = "0-99"
	if v := run(t, s); !v.pass {
		t.Errorf("14 of 0-99: %+v", v)
	}
}

func TestTCPCheckAndFailures(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if v := run(t, specOf(t, address, structs.TargetCheck{Protocol: "TCP"})); !v.pass {
		t.Errorf("a port that listens: %+v", v)
	}
	begin := time.Now()
	silent := run(t, specOf(t, address, structs.TargetCheck{Protocol: "HTTP"}))
	if silent.pass || silent.reason != "Target.Timeout" || silent.description != "Request timed out" || silent.absent {
		t.Errorf("a target that never answers: %+v", silent)
	}
	if took := time.Since(begin); took < 900*time.Millisecond || took > 3*time.Second {
		t.Errorf("the timeout of a second took %v", took)
	}
	l.Close()
	refused := run(t, specOf(t, address, structs.TargetCheck{Protocol: "TCP"}))
	if refused.pass || !refused.absent || refused.description != "Health checks failed: connection refused" {
		t.Errorf("a port that is closed: %+v", refused)
	}
}

func TestTLSHandshakeFailureNamesItsCause(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13, MaxVersion: tls.VersionTLS12}
	server.Start() // no TLS at all
	defer server.Close()
	v := run(t, specOf(t, server.Listener.Addr().String(), structs.TargetCheck{Protocol: "HTTPS"}))
	if v.pass || v.reason != "Target.FailedHealthChecks" || !strings.Contains(v.description, "HTTP response to HTTPS client") &&
		!strings.Contains(v.description, "TLS") {
		t.Errorf("%+v", v)
	}
}
