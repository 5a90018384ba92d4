package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/structs"
)

// HeaderHops counts on how many servers a call has been. A leader may change while a call is under
// way, so two; more would be a circle.
const (
	HeaderHops = "Gantry-Hops"
	maxHops    = 3
)

// HeaderStale, set to anything, or the parameter "stale" of a GET under /v1, lets any server answer
// a read from what it knows, which may be a moment old. Without it every answer has in it all that
// was acknowledged before the call.
const HeaderStale = "Gantry-Stale"

// forwardRetry is the pause between tries to reach a leader.
const forwardRetry = 25 * time.Millisecond

// errNoReach: there was no connection, so no byte of the call has been sent.
var errNoReach = errors.New("the leader cannot be reached")

// Forward lets any server take any call: what the leader is to answer goes to it whole, credentials
// and all, and the caller sees no redirect. While no leader stands the call waits a little, then
// fails with 503. What is answered here goes to local, which the routes are those of.
func (s *Server) Forward(routes *route.Table, local http.Handler) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host; r.SetXForwarded() },
		Transport:     leaderTransport{s},
		FlushInterval: -1,
		ErrorHandler:  s.forwardFailed,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		of := routes.Of(r)
		switch {
		case wantsStale(r):
			local.ServeHTTP(w, r.WithContext(control.AllowStale(r.Context())))
		case of.Where != route.Leader || s.leader.Load() != nil || s.members == nil:
			local.ServeHTTP(w, r)
		default:
			s.forward(proxy, of.Body, w, r)
		}
	})
}

// forward lets the leader answer a call.
func (s *Server) forward(proxy http.Handler, body route.Body, w http.ResponseWriter, r *http.Request) {
	hops, _ := strconv.Atoi(r.Header.Get(HeaderHops))
	if hops >= maxHops {
		s.forwardFailed(w, r, structs.ErrNoLeader())
		return
	}
	out := r.Clone(r.Context())
	out.Header.Set(HeaderHops, strconv.Itoa(hops+1))
	if body == route.Held {
		held, err := io.ReadAll(http.MaxBytesReader(w, r.Body, structs.MaxBody))
		if err != nil {
			message := fmt.Sprintf("cannot read the request, which may have %d bytes: %v", structs.MaxBody, err)
			http.Error(w, message, http.StatusRequestEntityTooLarge)
			return
		}
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(held)), int64(len(held))
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(held)), nil }
	}
	proxy.ServeHTTP(w, out)
}

func wantsStale(r *http.Request) bool {
	return r.Header.Get(HeaderStale) != "" || r.Method == http.MethodGet && r.URL.Query().Has("stale")
}

// leaderTransport sends a call to whoever leads. Where a leader cannot be reached at all, the next
// one is waited for.
type leaderTransport struct{ server *Server }

func (t leaderTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), leaderWait)
	defer cancel()
	for {
		address := t.server.Leader() // this server by now, maybe
		if address != "" {
			resp, err := t.send(r, address)
			if !errors.Is(err, errNoReach) || r.GetBody == nil {
				return resp, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, structs.ErrNoLeader()
		case <-time.After(forwardRetry):
		}
	}
}

func (t leaderTransport) send(r *http.Request, address string) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context()) // ends with r's, also after the answer has begun
	stop := context.AfterFunc(t.server.node.LeaderContext(), cancel)
	context.AfterFunc(ctx, func() { stop() })
	out := r.Clone(ctx)
	out.URL.Scheme, out.URL.Host = t.server.members.Scheme(), address
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		out.Body = body
	}
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	resp, err := t.server.members.Transport().RoundTrip(out.WithContext(httptrace.WithClientTrace(out.Context(), trace)))
	if err != nil && !connected.Load() {
		return nil, errors.Join(errNoReach, err)
	}
	if err != nil {
		cancel()
	}
	return resp, err
}

// Leader is where the leader takes calls, host:port; empty while there is none.
func (s *Server) Leader() string {
	if s.leader.Load() != nil && s.config.Peers != nil {
		return s.config.Peers.HTTP
	}
	return s.leaderHTTP()
}

// Leads says whether this server leads and takes calls.
func (s *Server) Leads() bool { return s.leader.Load() != nil }

// leaderHTTP is where the leader takes calls; empty when there is none, or this server is on its
// way to be it.
func (s *Server) leaderHTTP() string {
	id := s.node.Leader()
	if id == "" || id == s.dir.ID || s.members == nil {
		return ""
	}
	leader, _ := s.members.Server(id)
	return leader.HTTP
}

// forwardFailed answers with 503, in the form of the AWS APIs and in that of the native one at
// once: their clients try again.
func (s *Server) forwardFailed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the caller has gone
	}
	var told *structs.Error
	if !errors.As(err, &told) {
		s.log.Warn("the leader went away during a call", "path", r.URL.Path, "error", err)
		told = structs.Errorf(structs.KindUnavailable, "the leader went away during the call; it may have been carried out")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusServiceUnavailable)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"__type": "ServerException", "message": told.Message,
		"error": map[string]any{"code": told.Kind, "message": told.Message},
	})
}
