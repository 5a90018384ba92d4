package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/access"
	"github.com/gantry-project/gantry/aws"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
)

// doors are what one listener of a server offers: the AWS APIs, the native API and what servers ask
// each other.
type doors struct {
	server *server.Server
	log    *slog.Logger
	// ready says why the process cannot take work yet.
	ready func() error
	// members are the servers and agents that there are; leader is the host:port of the one that
	// leads, empty while there is none.
	members func() []structs.Member
	leader  func() string
	// closing is closed when streams are to end.
	closing <-chan struct{}
	// front answers GET / for people.
	front http.HandlerFunc
	// enrol gives agents their certificates; nil where TLS is off.
	enrol httpapi.Enroller
	// gate lets callers in; nil: everyone comes in (gantry dev).
	gate *access.Gate
}

func (d *doors) handler() http.Handler {
	control := d.server.Control()
	mux := http.NewServeMux()
	mux.Handle("/v1/", httpapi.New(httpapi.Config{
		Control: control, Ready: d.ready, Logger: d.log, Closing: d.closing, Members: d.members, Leader: d.leader, Enrol: d.enrol, Server: d.server,
	}))
	mux.Handle("/v1/peer/", d.server.Peers())
	mux.HandleFunc("GET /{$}", d.front)
	mux.Handle("/", aws.New(aws.Config{Control: control, Logger: d.log}))
	if d.gate == nil {
		return d.server.Forward(mux)
	}
	return d.gate.Receive(server.HeaderHops, d.server.Forward(d.gate.Check(mux)))
}

// serve makes the HTTP server of a handler.
func serveHTTP(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
