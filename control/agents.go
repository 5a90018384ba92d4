package control

import (
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// Agents reaches the agents of container instances over the connection that each keeps to a server.
type Agents interface {
	// Call sends a request to the agent of an instance; the URL's path and query count. It fails
	// with KindUnavailable if the agent is not connected to any server. The body of the answer must
	// be closed. An answer with 101 (Switching Protocols) has an io.ReadWriteCloser as its body.
	Call(instance string, r *http.Request) (*http.Response, error)
}

// CallAgent is Agents.Call of the server.
func (c *Control) CallAgent(instance string, r *http.Request) (*http.Response, error) {
	if c.config.Agents == nil {
		return nil, structs.Errorf(structs.KindUnavailable, "agents cannot be called here")
	}
	return c.config.Agents.Call(instance, r)
}
