package link

import (
	"context"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// Traffic opens a stream of traffic at the server of the newest stream of assignments.
func (s *Servers) Traffic(ctx context.Context, instance string) (TrafficStream, error) {
	s.mu.Lock()
	address := s.current
	s.mu.Unlock()
	if address == "" {
		return nil, structs.ErrNoLeader()
	}
	stream, err := s.client(address).Traffic(ctx, instance)
	if err != nil {
		return nil, err // a nil *client.TrafficStream would not be a nil TrafficStream
	}
	return stream, nil
}

// ReportTargets sends the health of targets to any server.
func (s *Servers) ReportTargets(ctx context.Context, instance string, reports []structs.TargetReport) error {
	return s.call(ctx, func(ctx context.Context, c *client.Client) error {
		return c.ReportTargets(ctx, instance, reports)
	})
}

// ReportDrains sends what is still open to any server.
func (s *Servers) ReportDrains(ctx context.Context, instance string, report structs.DrainReport) error {
	return s.call(ctx, func(ctx context.Context, c *client.Client) error {
		return c.ReportDrains(ctx, instance, report)
	})
}
