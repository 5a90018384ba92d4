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

// HeaderHops counts the servers that a call has been to. The leader may change during a call, which
// makes two; more would be a loop.
const (
	HeaderHops = "Gantry-Hops"
	maxHops    = 3
)

// HeaderStale, set to anything, or the parameter "stale" of a GET, lets any server answer a read
// from its own state, which may be slightly outdated. Otherwise every answer reflects all writes
// that were acknowledged before the call.
const HeaderStale = "Gantry-Stale"

// forwardRetry is the pause between attempts to reach a leader.
const forwardRetry = 25 * time.Millisecond

// errNoReach means that no connection was made, so no part of the call was sent.
var errNoReach = errors.New("the leader cannot be reached")

// Unavailable answers a call of an AWS client with 503, in the caller's protocol.
type Unavailable func(w http.ResponseWriter, r *http.Request, message string)

// Forward lets any server take any call. Calls that the leader must answer are forwarded to it,
// with their credentials, and the caller sees no redirect. If there is no leader, the call waits a
// little and then fails with 503. Other calls go to local, which serves these routes.
func (s *Server) Forward(routes *route.Table, local http.Handler, unavailable Unavailable) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host; r.SetXForwarded() },
		Transport:     leaderTransport{s},
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			message := s.whyNotForwarded(r, err)
			switch {
			case r.Context().Err() != nil: // the caller is gone
			case routes.Of(r).AWS:
				unavailable(w, r, message)
			default:
				nativeUnavailable(w, message)
			}
		},
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

// forward forwards a call to the leader.
func (s *Server) forward(proxy *httputil.ReverseProxy, body route.Body, w http.ResponseWriter, r *http.Request) {
	hops, _ := strconv.Atoi(r.Header.Get(HeaderHops))
	if hops >= maxHops {
		proxy.ErrorHandler(w, r, structs.ErrNoLeader())
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

// leaderTransport sends a call to the leader. If the leader cannot be reached at all, it waits for
// the next one.
type leaderTransport struct{ server *Server }

func (t leaderTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), leaderWait)
	defer cancel()
	for {
		address := t.server.Leader() // by now this may be the leader
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
	// ends with r's context, even after the answer has begun
	ctx, cancel := context.WithCancel(r.Context())
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

// Leader returns the host:port at which the leader takes calls; empty if there is none.
func (s *Server) Leader() string {
	if s.leader.Load() != nil && s.config.Peers != nil {
		return s.config.Peers.HTTP
	}
	return s.leaderHTTP()
}

// Leads reports whether this server leads and takes calls.
func (s *Server) Leads() bool { return s.leader.Load() != nil }

// leaderHTTP returns where the leader takes calls; empty if there is none, or if this server is
// about to lead.
func (s *Server) leaderHTTP() string {
	id := s.node.Leader()
	if id == "" || id == s.dir.ID || s.members == nil {
		return ""
	}
	leader, _ := s.members.Server(id)
	return leader.HTTP
}

// whyNotForwarded returns the reason to show to the caller.
func (s *Server) whyNotForwarded(r *http.Request, err error) string {
	if told, ok := errors.AsType[*structs.Error](err); ok {
		return told.Message
	}
	if r.Context().Err() == nil {
		s.log.Warn("the leader went away during a call", "path", r.URL.Path, "error", err)
	}
	return "the leader went away during the call; it may have been carried out"
}

// nativeUnavailable answers a call of the native API with 503, in a form that suits both the native
// API and AWS JSON.
func nativeUnavailable(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusServiceUnavailable)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"__type": "ServerException", "message": message,
		"error": map[string]any{"code": structs.KindUnavailable, "message": message},
	})
}
