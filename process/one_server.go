package process

import (
	"context"

	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/client"
)

// OneServer is the link.Server of an agent that always calls the same server, over the native API.
type OneServer struct{ *client.Client }

// Stream opens the instance's stream of assignments.
func (s OneServer) Stream(ctx context.Context, instance string, version int64) (link.Stream, error) {
	return s.Assignments(ctx, instance, version)
}
