package agent_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/balancer"
	"github.com/gantry-project/gantry/structs"
)

// trafficServer has a stream of traffic, and takes reports of drains.
type trafficServer struct {
	*fakeServer
	frame structs.TrafficFrame

	mu     sync.Mutex
	drains []string
}

func (s *trafficServer) Traffic(ctx context.Context, _ string) (link.TrafficStream, error) {
	frames := make(chan structs.TrafficFrame, 1)
	frames <- s.frame
	return &trafficStream{frames: frames, closed: make(chan struct{})}, nil
}

func (s *trafficServer) ReportDrains(_ context.Context, instance string, r structs.DrainReport) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drains = append(s.drains, fmt.Sprint(instance, " ", r.Index, " ", r.Open))
	return nil
}

type trafficStream struct {
	frames chan structs.TrafficFrame
	once   sync.Once
	closed chan struct{}
}

func (s *trafficStream) Next() (structs.TrafficFrame, error) {
	select {
	case f := <-s.frames:
		return f, nil
	case <-s.closed:
		return structs.TrafficFrame{}, errDown
	}
}

func (s *trafficStream) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// An ingress instance says so when it registers, and its balancer follows the stream of traffic.
func TestIngress(t *testing.T) {
	server := &trafficServer{frame: structs.TrafficFrame{Full: true, Index: 7, Groups: []structs.TrafficGroup{{ID: "g",
		Targets: []structs.TrafficTarget{{Address: "10.0.0.1", Port: 80, Task: "t", State: structs.TargetDraining, Weight: 1}}}}}}
	withConfig(t, func(c *agent.Config) {
		server.fakeServer = c.Server.(*fakeServer)
		c.Server, c.Ingress = server, &balancer.Config{}
	}, func(h *harness) {
		id := h.agent.Instance()
		if !h.server.instances[id].Ingress {
			t.Error("the instance is not registered as an ingress instance")
		}
		h.wait(2 * time.Second)
		server.mu.Lock()
		defer server.mu.Unlock()
		if len(server.drains) < 2 || server.drains[0] != id+" 7 []" {
			t.Errorf("reports of drains: %v", server.drains)
		}
	})
}

func TestInstanceWithoutIngress(t *testing.T) {
	withAgent(t, func(h *harness) {
		if h.server.instances[h.agent.Instance()].Ingress {
			t.Error("an agent without a balancer is an ingress instance")
		}
	})
}
