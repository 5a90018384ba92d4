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

// Traffic opens the instance's stream of traffic.
func (s OneServer) Traffic(ctx context.Context, instance string) (link.TrafficStream, error) {
	stream, err := s.Client.Traffic(ctx, instance)
	if err != nil {
		return nil, err // a nil *client.TrafficStream would not be a nil TrafficStream
	}
	return stream, nil
}
