package process

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// ServerConfig is what a Server needs.
type ServerConfig struct {
	// DataDir is the directory that keeps the server's state. Required.
	DataDir string
	// Name is for people. Empty: the host's.
	Name string
	// Zone and Region are those of the machine; they may be empty.
	Zone, Region string
	// Version is that of this program.
	Version string
	Addresses
	// Expect is how many servers form a new cluster. Zero: this one only joins a cluster that
	// exists.
	Expect int
	// Secret is the cluster's. Nil: no TLS, gossip in the clear, and any caller may do everything.
	Secret *security.Secret
	// TaskNetwork is the range out of which instances get blocks of addresses for awsvpc tasks.
	// Zero: the default.
	TaskNetwork structs.TaskNetwork
	// Alone makes a cluster of this one server, which no other can join: without gossip and without
	// a secret (gantry dev).
	Alone bool
	// Fargate says which sizes FARGATE tasks can have. The zero value: those of ECS's table.
	Fargate structs.FargateSizes
	// ACME says who issues certificates for HTTPS. Nil: nobody; or where Alone an authority of the
	// cluster's own.
	ACME *structs.ACMESettings
	// Ingress is where exposed services are reached. Zero values: the defaults.
	Ingress structs.Ingress
	// Logger is required.
	Logger *slog.Logger
	// Hooks are for tests.
	Hooks ServerHooks
}

// ServerHooks replace what a server takes from its machine. Each may be nil.
type ServerHooks struct {
	// ID is the server's. Empty: the one that the data directory has.
	ID string
	// Now is the system's clock.
	Now func() time.Time
	// SlowDisk is called before every write to the log and the snapshots.
	SlowDisk func()
	// Listen opens the listeners of raft and of the APIs.
	Listen func(address string) (net.Listener, error)
	// Dial opens connections to other servers.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Gossip carries gossip.
	Gossip gossip.Transport
	// Around wraps the handler of all calls.
	Around func(http.Handler) http.Handler
}

// listen opens a listener at an address.
func (h *ServerHooks) listen(address string) (net.Listener, error) {
	if h.Listen != nil {
		return h.Listen(address)
	}
	return net.Listen("tcp", address)
}
