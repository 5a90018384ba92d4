package control

import (
	"context"
	"io"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// Agents reaches the agents of container instances over the connection that each keeps to a server.
type Agents interface {
	// Call sends a request to the agent of an instance; the URL's path and query count. It fails
	// with KindUnavailable if the agent is not connected to any server. The body of the answer must
	// be closed. An answer with 101 (Switching Protocols) has an io.ReadWriteCloser as its body.
	Call(instance string, r *http.Request) (*http.Response, error)
	// Serve keeps the connection of an instance's agent until it ends or ctx does.
	Serve(ctx context.Context, instance string, conn io.ReadWriteCloser) error
}

// CallAgent is Agents.Call of the server.
func (c *Control) CallAgent(instance string, r *http.Request) (*http.Response, error) {
	if c.config.Agents == nil {
		return nil, structs.Errorf(structs.KindUnavailable, "agents cannot be called here")
	}
	return c.config.Agents.Call(instance, r)
}

// ServeAgent keeps the connection over which the agent of an instance is called.
func (c *Control) ServeAgent(ctx context.Context, instance string, conn io.ReadWriteCloser) error {
	if c.config.Agents == nil {
		return conn.Close()
	}
	return c.config.Agents.Serve(ctx, instance, conn)
}
