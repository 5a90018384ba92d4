package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/access"
	"github.com/gantry-project/gantry/aws/ecs"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/internal/route"
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
	routes := route.New(
		route.Route{Pattern: "/v1/", Handler: httpapi.New(httpapi.Config{
			Control: control, Ready: d.ready, Logger: d.log, Closing: d.closing, Members: d.members, Leader: d.leader, Enrol: d.enrol, Server: d.server,
		})},
		route.Route{Pattern: "/v1/peer/", Who: route.Server, Where: route.ThisServer, Quiet: true, Handler: d.server.Peers()},
		route.Route{Pattern: "GET /{$}", Where: route.ThisServer, AWS: []string{"ecs"}, Handler: d.front},
		route.Route{Pattern: "/", AWS: []string{"ecs"}, Handler: ecs.New(ecs.Config{Control: control, Logger: d.log})},
	)
	if d.gate == nil {
		return d.server.Forward(routes, routes)
	}
	return d.gate.Receive(server.HeaderHops, d.server.Forward(routes, d.gate.Check(routes)))
}

// serve makes the HTTP server of a handler.
func serveHTTP(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
