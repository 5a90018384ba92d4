package main

import (
	"context"

	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/client"
)

// serverOverHTTP is the server as the agent sees it, over the native API.
type serverOverHTTP struct{ *client.Client }

// Stream opens the instance's stream of assignments.
func (s serverOverHTTP) Stream(ctx context.Context, instance string, version int64) (link.Stream, error) {
	return s.Assignments(ctx, instance, version)
}
