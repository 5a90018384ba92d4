package reach

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"sync"
	"time"

	"github.com/xtaci/smux"

	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/internal/streams"
	"github.com/gantry-project/gantry/structs"
)

// path is the path below which a server passes calls on to the agents that are connected to it. The
// rest is the instance and the path of the call.
const path = "/v1/peer/agents/"

// headerAbsent is set in the answer of a server to which an agent is not connected.
const headerAbsent = "Gantry-Agent-Absent"

const (
	// keepAlive is how often each side shows the other that it is there, and agentSilence how long
	// an agent may be silent before its connection counts as lost.
	keepAlive    = 10 * time.Second
	agentSilence = 30 * time.Second
	// idleStreams is how many streams to an agent are kept for later calls, and for how long.
	idleStreams     = 2
	idleStreamsTime = 30 * time.Second
)

// Config is what a Reach needs.
type Config struct {
	// Peers returns the host:port of the other servers. Nil: there are none.
	Peers func() []string
	// Transport calls other servers, over HTTP/1.1. Scheme is http or https.
	Transport http.RoundTripper
	Scheme    string
	Logger    *slog.Logger
}

// Reach calls agents. Safe for concurrent use.
type Reach struct {
	config Config

	mu    sync.Mutex
	here  map[string]*agent // by instance
	there map[string]string // host:port of the server that an instance was last seen at
}

// agent is the connection of an agent to this server.
type agent struct {
	session *smux.Session
	http    *http.Transport
}

// New returns a Reach to which no agent is connected.
func New(c Config) *Reach {
	return &Reach{config: c, here: map[string]*agent{}, there: map[string]string{}}
}

// Serve keeps the connection of an instance's agent, until it ends or ctx does. A newer connection
// of the same agent replaces it.
func (r *Reach) Serve(ctx context.Context, instance string, conn io.ReadWriteCloser) error {
	config := smux.DefaultConfig()
	config.Version, config.KeepAliveInterval, config.KeepAliveTimeout = structs.AgentCallsVersion, keepAlive, agentSilence
	session, err := smux.Client(conn, config)
	if err != nil {
		return err
	}
	a := &agent{session: session, http: &http.Transport{
		DialContext:         func(context.Context, string, string) (net.Conn, error) { return streams.Open(session) },
		MaxIdleConnsPerHost: idleStreams, IdleConnTimeout: idleStreamsTime, DisableCompression: true,
	}}
	r.mu.Lock()
	old := r.here[instance]
	r.here[instance] = a
	delete(r.there, instance)
	r.mu.Unlock()
	if old != nil {
		_ = old.session.Close()
	}
	select {
	case <-ctx.Done():
	case <-session.CloseChan():
	}
	r.mu.Lock()
	if r.here[instance] == a {
		delete(r.here, instance)
	}
	r.mu.Unlock()
	a.http.CloseIdleConnections()
	return session.Close()
}

// Call sends a request to the agent of an instance, wherever it is connected. See control.Agents.
func (r *Reach) Call(instance string, req *http.Request) (*http.Response, error) {
	if a := r.agent(instance); a != nil {
		resp, err := a.call(req)
		if err == nil || req.GetBody == nil && req.Body != nil && req.Body != http.NoBody {
			return resp, unavailable(instance, err)
		}
	}
	for _, server := range r.servers(instance) {
		resp, err := r.through(server, instance, req)
		if err != nil && req.Context().Err() != nil {
			return nil, req.Context().Err()
		}
		if err != nil {
			continue
		}
		if resp.Header.Get(headerAbsent) != "" {
			_ = resp.Body.Close()
			continue
		}
		r.mu.Lock()
		r.there[instance] = server
		r.mu.Unlock()
		return resp, nil
	}
	return nil, unavailable(instance, io.EOF)
}

// unavailable returns the error of an agent that cannot be called; nil if err is.
func unavailable(instance string, err error) error {
	switch {
	case err == nil:
		return nil
	case err == io.EOF:
		return structs.Errorf(structs.KindUnavailable, "the agent of container instance %s is not connected to any server", instance)
	}
	return structs.Errorf(structs.KindUnavailable, "the agent of container instance %s does not answer: %v", instance, err)
}

func (r *Reach) agent(instance string) *agent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.here[instance]
}

// servers returns the other servers, the one that the agent was last seen at first.
func (r *Reach) servers(instance string) []string {
	if r.config.Peers == nil {
		return nil
	}
	list := r.config.Peers()
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(list, r.there[instance]); i > 0 {
		list[0], list[i] = list[i], list[0]
	}
	return list
}

// call sends a request over the agent's own connection.
func (a *agent) call(req *http.Request) (*http.Response, error) {
	out, err := again(req)
	if err != nil {
		return nil, err
	}
	out.URL.Scheme, out.URL.Host = "http", "agent"
	return a.http.RoundTrip(out)
}

// through sends a request to the agent through another server.
func (r *Reach) through(server, instance string, req *http.Request) (*http.Response, error) {
	out, err := again(req)
	if err != nil {
		return nil, err
	}
	out.URL.Scheme, out.URL.Host, out.URL.Path = r.config.Scheme, server, path+instance+req.URL.Path
	out.URL.RawPath, out.Host = "", ""
	return r.config.Transport.RoundTrip(out)
}

// again returns a copy of a request with a body that was not read.
func again(req *http.Request) (*http.Request, error) {
	out := req.Clone(req.Context())
	out.RequestURI = ""
	if req.GetBody == nil {
		return out, nil
	}
	body, err := req.GetBody()
	out.Body = body
	return out, err
}

// Route returns the route by which other servers reach the agents that are connected to this one.
func (r *Reach) Route() route.Route {
	return route.Route{
		Pattern: path + "{instance}/{path...}", Who: route.Server, Where: route.ThisServer,
		Body: route.Streamed, Quiet: true, Handler: http.HandlerFunc(r.pass),
	}
}

// pass passes the call of another server on to an agent that is connected to this one.
func (r *Reach) pass(w http.ResponseWriter, req *http.Request) {
	a := r.agent(req.PathValue("instance"))
	absent := func() {
		w.Header().Set(headerAbsent, "1")
		w.WriteHeader(http.StatusNotFound)
	}
	if a == nil {
		absent()
		return
	}
	proxy := httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.URL.Path = "http", "agent", "/"+req.PathValue("path")
			p.Out.URL.RawPath = ""
		},
		Transport: a.http, FlushInterval: -1,
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			r.config.Logger.Debug("an agent did not answer the call of another server", "error", err)
			absent()
		},
	}
	proxy.ServeHTTP(w, req)
}
