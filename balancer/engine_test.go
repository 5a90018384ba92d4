package balancer

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/gantry-project/gantry/balancer/proxy"
)

// plainEngine is an Engine made of net/http, for tests of what the balancer decides.
type plainEngine struct {
	server *http.Server
	router proxy.Router
}

func newEngine(_ proxy.Settings, r proxy.Router) Engine {
	e := &plainEngine{router: r}
	e.server = &http.Server{Handler: e}
	return e
}

func (e *plainEngine) Configure(proxy.Settings)           {}
func (e *plainEngine) Shutdown(ctx context.Context) error { return e.server.Shutdown(ctx) }
func (e *plainEngine) Serve(l net.Listener) error         { return e.server.Serve(l) }
func (e *plainEngine) ServeTLS(l net.Listener, c *tls.Config) error {
	e.server.TLSConfig = c
	return e.server.ServeTLS(l, "", "")
}

type plainHead struct{ *http.Request }

func (h plainHead) Method() string              { return h.Request.Method }
func (h plainHead) Host() string                { return h.Request.Host }
func (h plainHead) Path() string                { return h.URL.EscapedPath() }
func (h plainHead) Query() string               { return h.URL.RawQuery }
func (h plainHead) Header(name string) []string { return h.Request.Header.Values(name) }
func (h plainHead) Client() netip.AddrPort      { return netip.MustParseAddrPort(h.RemoteAddr) }
func (h plainHead) TLS() bool                   { return h.Request.TLS != nil }

func (e *plainEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := e.router.Route(plainHead{r})
	outcome := proxy.Outcome{Start: time.Now(), Status: d.Status, Protocol: r.Proto}
	defer func() {
		if d.Observe != nil {
			d.Observe(outcome)
		}
	}()
	if d.Forward == nil {
		for _, h := range d.Header {
			w.Header().Set(h[0], h[1])
		}
		w.WriteHeader(d.Status)
		n, _ := io.WriteString(w, d.Body)
		outcome.BytesOut = int64(n)
		return
	}
	outcome.Status = http.StatusServiceUnavailable
	for t := d.Forward.Next(); t != nil; t = d.Forward.Next() {
		outcome.Target = t
		answer, err := e.ask(r, t)
		if err != nil {
			outcome.Status = http.StatusBadGateway
			d.Forward.Done(t, err)
			continue
		}
		outcome.Status, outcome.TargetStatus, outcome.TargetTime = answer.StatusCode, answer.StatusCode, time.Since(outcome.Start)
		for _, c := range d.Forward.Cookies(t) {
			w.Header().Add("Set-Cookie", c)
		}
		w.WriteHeader(answer.StatusCode)
		outcome.BytesOut, err = io.Copy(w, answer.Body)
		answer.Body.Close()
		d.Forward.Done(t, err)
		return
	}
	w.WriteHeader(outcome.Status)
}

func (e *plainEngine) ask(r *http.Request, t *proxy.Target) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = "http", t.Address, ""
	return (&http.Transport{DisableKeepAlives: true}).RoundTrip(out)
}
