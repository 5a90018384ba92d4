package metadata

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"github.com/gantry-project/gantry/agent/credentials"
)

// patience is how long an answer may wait for what is not known yet: the SDK for JavaScript gives
// up after a second.
const patience = 900 * time.Millisecond

// handler returns what answers at a place.
func (m *Metadata) handler(place Place, own ids) http.Handler {
	forward := &httputil.ReverseProxy{
		// the host is signed, so it stays
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", r.In.Host },
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return m.cfg.Servers.Forward(r)
		}),
		FlushInterval: -1,
		ErrorHandler:  m.noServer,
	}
	neighbours := &http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			host, _, _ := net.SplitHostPort(addr)
			return place.Dial(ctx, portOf(host))
		},
		DisableKeepAlives: true, // an agent that was killed is another process when it is back
	}
	// passOn sends a request to the agent that made its id.
	passOn := func(w http.ResponseWriter, r *http.Request, agent string) {
		proxy := httputil.ReverseProxy{
			Rewrite:       func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", agent },
			Transport:     neighbours,
			FlushInterval: -1,
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
				fail(w, http.StatusServiceUnavailable, "AgentUnavailable", "the agent of this task does not answer at the moment; try again")
			},
		}
		proxy.ServeHTTP(w, r)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, rest, ok := split(r.URL.Path)
		if !ok {
			forward.ServeHTTP(w, r)
			return
		}
		who, other, ok := own.read(name.id)
		switch {
		case !ok, other != "" && place == nil:
			fail(w, http.StatusBadRequest, "InvalidIdInRequest", "there is no task with this id")
		case other != "":
			passOn(w, r, other)
		default:
			m.answer(w, r, name.api, rest, who)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// name is the beginning of a path of ours.
type name struct{ api, id string }

// The APIs at 169.254.170.2, by the beginnings of their paths.
const (
	apiKeys  = "/v2/credentials/"
	apiV3    = "/v3/"
	apiV4    = "/v4/"
	apiAgent = "/api/"
)

// split splits a path of ours into its API, the id and the rest, without a slash at the end; ok is
// false if it is not ours.
func split(path string) (of name, rest string, ok bool) {
	for _, api := range []string{apiKeys, apiV3, apiV4, apiAgent} {
		if after, ok := strings.CutPrefix(path, api); ok {
			id, rest, _ := strings.Cut(after, "/")
			return name{api, id}, strings.TrimSuffix(rest, "/"), true
		}
	}
	return name{}, "", false
}

// answer answers a container of a task.
func (m *Metadata) answer(w http.ResponseWriter, r *http.Request, api, rest string, who id) {
	t, ok := m.await(r.Context(), who.task)
	if !ok {
		// it may have ended, or this agent was started just now and has not heard of it
		fail(w, http.StatusServiceUnavailable, "CredentialsUninitialized", "the agent does not know this task at the moment; try again")
		return
	}
	if (api == apiKeys) != (who.container == forRole) || who.container >= len(t.Definition.ContainerDefinitions) {
		fail(w, http.StatusBadRequest, "InvalidIdInRequest", "the id is not for this path")
		return
	}
	switch {
	case api == apiAgent && rest == protectionPath:
		m.protection(w, r, t)
	case api == apiAgent:
		fail(w, http.StatusNotFound, "NotFound", "the path that exists here is "+protectionPath)
	case r.Method != http.MethodGet:
		fail(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "use GET")
	case api == apiKeys:
		m.giveKeys(w, r, who.task)
	default:
		m.describe(w, r, rest, who, t)
	}
}

// await returns a task. If it is not known, it waits a little: the agent may have been started just
// now.
func (m *Metadata) await(ctx context.Context, id string) (subject, bool) {
	for end := time.Now().Add(patience); ; {
		m.mu.Lock()
		t := m.tasks[id]
		var known subject
		if t != nil {
			known = *t
		}
		m.mu.Unlock()
		if t != nil || time.Now().After(end) || ctx.Err() != nil {
			return known, t != nil
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// expiresAfter is said of keys that do not expire, so that SDKs ask again.
const expiresAfter = time.Hour

// timeForm is what all SDKs read: some take no offset but Z.
const timeForm = "2006-01-02T15:04:05Z"

// giveKeys answers with the keys of the task's role, in the one form that all SDKs take: each
// member is there, the token too, if only as an empty text.
func (m *Metadata) giveKeys(w http.ResponseWriter, r *http.Request, task string) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	keys, err := m.keys.Get(ctx, task)
	switch {
	case errors.Is(err, credentials.ErrNotHeld):
		fail(w, http.StatusBadRequest, "NoCredentialsAssociated", "the task definition has no taskRoleArn")
		return
	case err != nil:
		m.log.Debug("no keys for a task", "task", task, "error", err)
		fail(w, http.StatusServiceUnavailable, "CredentialsUninitialized", "no server gives keys of the task's role at the moment; try again: "+err.Error())
		return
	}
	expires := keys.Expiration
	if expires.IsZero() {
		expires = time.Now().Add(expiresAfter)
	}
	reply(w, http.StatusOK, keysJSON{
		RoleArn: keys.RoleARN, AccessKeyId: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey, Token: keys.Token,
		Expiration: expires.UTC().Format(timeForm),
	})
}

// keysJSON is how SDKs read keys.
type keysJSON struct {
	RoleArn, AccessKeyId, SecretAccessKey, Token, Expiration string
}

// noServer answers a call that no server took. SDKs try again after this answer.
func (m *Metadata) noServer(w http.ResponseWriter, r *http.Request, err error) {
	m.log.Warn("a call of a task was not forwarded", "error", err)
	fail(w, http.StatusServiceUnavailable, "ServiceUnavailableException", "no server answers the agent of this instance: "+err.Error())
}

// fail answers with an error, in members that both the callers of credentials and those of AWS's
// JSON APIs read.
func fail(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]string{"code": code, "message": message, "__type": code})
}

func reply(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // never: all are plain values
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
