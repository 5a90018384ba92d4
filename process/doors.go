package process

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/access"
	"github.com/gantry-project/gantry/aws"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
)

// doors is what one listener of a server offers: the AWS APIs, the native API and the endpoints for
// other servers.
type doors struct {
	server *server.Server
	log    *slog.Logger
	// ready returns why the process cannot take work yet, or nil.
	ready func() error
	// members returns the servers and agents of the cluster. leader returns host:port of the
	// leader, or empty without one.
	members func() []structs.Member
	leader  func() string
	// closing is closed when streams are to end.
	closing <-chan struct{}
	// front answers GET / for people.
	front http.HandlerFunc
	// enrol gives agents their certificates. Nil: TLS is off.
	enrol httpapi.Enroller
	// gate finds out who calls. Nil: any caller may do everything (gantry dev).
	gate *access.Gate
}

// handler returns the mux of a server.
func (d *doors) handler() http.Handler {
	control := d.server.Control()
	apis := aws.New(aws.Config{Control: control, Vault: d.server.Vault(), Certificates: d.server.Certificates(), Logger: d.log})
	routes := route.New(
		route.Route{Pattern: "/v1/", Handler: httpapi.New(httpapi.Config{
			Control: control, Vault: d.server.Vault(), Certificates: d.server.Certificates(), Ready: d.ready, Logger: d.log, Closing: d.closing,
			Members: d.members, Leader: d.leader, Enrol: d.enrol, Server: d.server,
		})},
		route.Route{Pattern: "/v1/peer/", Who: route.Server, Where: route.ThisServer, Quiet: true, Handler: d.server.Peers()},
		route.Route{Pattern: "GET /{$}", Where: route.ThisServer, AWS: true, Handler: d.root(apis)},
		route.Route{Pattern: "/", AWS: true, Handler: apis},
	)
	if d.gate == nil {
		return d.server.Forward(routes, routes, aws.Unavailable)
	}
	return d.gate.Receive(server.HeaderHops, d.server.Forward(routes, d.gate.Check(routes), aws.Unavailable))
}

// root answers GET /, which clients ask as well (aws s3 ls). They sign, and could not read a text
// for people.
func (d *doors) root(apis http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			apis.ServeHTTP(w, r)
			return
		}
		d.front(w, r)
	})
}

// serveHTTP returns an HTTP server with a handler.
func serveHTTP(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
