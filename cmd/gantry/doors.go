package main

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gantry-project/gantry/aws/ecs"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
)

// doors are what one listener of a server offers: the AWS APIs, the native API and what servers ask each other.
type doors struct {
	server *server.Server
	log    *slog.Logger
	// ready says why the process cannot take work yet.
	ready func() error
	// closing is closed when streams are to end.
	closing <-chan struct{}
	// front answers GET / for people.
	front http.HandlerFunc
	// enrol gives agents their certificates; nil where TLS is off.
	enrol httpapi.Enroller
}

func (d *doors) handler() http.Handler {
	control := d.server.Control()
	mux := http.NewServeMux()
	mux.Handle("/v1/", httpapi.New(httpapi.Config{
		Control: control, Ready: d.ready, Logger: d.log, Closing: d.closing, Members: d.server.Members, Leader: d.server.Leader, Enrol: d.enrol, Server: d.server,
	}))
	mux.Handle("/v1/peer/", d.server.Peers())
	mux.HandleFunc("GET /{$}", d.front)
	mux.Handle("/", ecs.New(ecs.Config{Control: control, Logger: d.log}))
	return d.server.Forward(mux)
}

// serve makes the HTTP server of a handler.
func serveHTTP(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// onlyMembers lets in who shows a certificate of this installation: servers everywhere, agents at their own endpoints. Whether
// the process lives, and an agent's asking for its certificate, are open to all.
func onlyMembers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, _ := security.CallerOf(r.TLS)
		path := r.URL.Path
		open := path == "/v1/health" || path == "/v1/agent/certificate"
		agents := strings.HasPrefix(path, "/v1/agent/") || path == "/v1/members"
		if open || who.Role == structs.RoleServer || agents && who.Role == structs.RoleAgent {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"__type":"AccessDeniedException","message":"only servers and agents of this installation may call here","error":{"code":"AccessDenied","message":"only servers and agents of this installation may call here"}}` + "\n"))
	})
}
