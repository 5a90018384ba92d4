// Package acme is a certificate authority for tests: Pebble, Let's Encrypt's own, in the process.
// It finds every name at 127.0.0.1.
package acme

import (
	"encoding/pem"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"

	"github.com/gantry-project/gantry/structs"
)

// Config says how the authority is.
type Config struct {
	HTTPPort, TLSPort int           // where it asks for challenges, in place of 80 and 443
	Life              time.Duration // of certificates; zero: 90 days
}

// Authority is a certificate authority that runs until the test ends.
type Authority struct {
	structs.ACMESettings
	Root string // PEM, of the certificates that it issues
	// Orders is how many certificates were asked for.
	Orders atomic.Int64
	// Hold, if not nil, is waited for before an order is answered.
	Hold chan struct{}
}

// Start starts an authority.
func Start(t testing.TB, c Config) *Authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	if c.Life == 0 {
		c.Life = 90 * 24 * time.Hour
	}
	logger := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	issuer := ca.New(logger, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: uint64(c.Life.Seconds())}})
	validator := va.New(logger, c.HTTPPort, c.TLSPort, false, resolver(t), store)
	front := wfe.New(logger, store, validator, issuer, []string{"pebble.letsencrypt.org"}, false, false, 1, 1)
	handler := front.Handler()
	a := &Authority{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/order-plz" {
			handler.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if answer.Code == http.StatusCreated { // and not one of the nonces that Pebble refuses by chance
			a.Orders.Add(1)
		}
		if a.Hold != nil {
			select {
			case <-a.Hold:
			case <-r.Context().Done():
			}
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	a.Directory = server.URL + wfe.DirectoryPath
	a.Email = "admin@example.org"
	a.Roots = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	a.Root = string(issuer.GetRootCert(0).PEM())
	return a
}

// resolver starts a DNS server that finds every name at 127.0.0.1.
func resolver(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // Pebble asks over TCP
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		answer := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			answer.Answer = []dns.RR{&dns.A{
				Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(127, 0, 0, 1),
			}}
		}
		_ = w.WriteMsg(answer)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return listener.Addr().String()
}
