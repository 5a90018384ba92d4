package agent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// say makes a fake server's newest stream say something about the network.
func (s *fakeServer) say(n structs.NetworkFrame, as ...structs.Assignment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index++
	for st := range s.streams {
		st.push(structs.AssignmentFrame{Index: s.index, Network: &n, Assignments: as})
	}
}

// withNetwork runs a test with an agent that has a network.
func withNetwork(t *testing.T, test func(*harness, *testutil.FakeNetwork)) {
	t.Helper()
	networks := testutil.NewFakeNetworks()
	withConfig(t, func(c *agent.Config) { c.Network = networks.At("host") }, func(h *harness) { test(h, networks.Of("host")) })
}

// TestAnAgentWithANetwork asks for a block, hears of it and of its peers before the tasks that came
// with them, and gives each awsvpc task the address that it was assigned, until the task ends.
func TestAnAgentWithANetwork(t *testing.T) {
	withNetwork(t, func(h *harness, network *testutil.FakeNetwork) {
		if n := h.server.instances[h.agent.Instance()].Network; n != (structs.InstanceNetwork{Asks: true}) {
			t.Errorf("registered %+v", n)
		}
		def := definition(container("app"))
		def.NetworkMode = structs.NetworkAwsvpc
		h.server.run(taskID(1), def, func(as *structs.Assignment) { as.Task.Address = "10.213.3.7" })
		h.wait(5 * time.Second)
		if h.task(taskID(1)).LastStatus >= structs.TaskRunning {
			t.Error("the task runs before the agent has a block")
		}
		h.server.say(structs.NetworkFrame{Full: true, Range: "10.213.0.0/16", Block: "10.213.3.0/24",
			Peers: []structs.NetworkPeer{{Instance: "a", Block: "10.213.0.0/24"}, {Instance: "b", Block: "10.213.1.0/24"}}})
		h.wait(10 * time.Second)
		h.expect(taskID(1), structs.TaskRunning)
		if tasks := network.Tasks(); len(tasks) != 1 || tasks[taskID(1)] != "10.213.3.7" {
			t.Errorf("the networks of tasks are %v", tasks)
		}
		h.server.say(structs.NetworkFrame{Range: "10.213.0.0/16", Block: "10.213.3.0/24", Gone: []string{"a"}})
		h.wait(time.Second)
		if peers := network.Peers(); len(peers) != 1 || peers["b"] != "10.213.1.0/24" {
			t.Errorf("the peers are %v", peers)
		}
		h.server.stopTask(taskID(1))
		h.wait(time.Minute)
		h.expect(taskID(1), structs.TaskStopped)
		if tasks := network.Tasks(); len(tasks) > 0 {
			t.Errorf("ended tasks have networks: %v", tasks)
		}
	})
}

// TestTheBlockIsRememberedByServersThatForgot: after a restore of a snapshot that lacks the
// instance, the agent names the block that its tasks have addresses of.
func TestTheBlockIsRememberedByServersThatForgot(t *testing.T) {
	withNetwork(t, func(h *harness, _ *testutil.FakeNetwork) {
		h.server.say(structs.NetworkFrame{Full: true, Block: "10.213.3.0/24"})
		h.wait(time.Second)
		h.server.set(func() {
			clear(h.server.instances)
			h.server.index = 0
		})
		h.server.dropStreams()
		h.wait(10 * time.Second)
		if n := h.server.instances[h.agent.Instance()].Network; n.Block != "10.213.3.0/24" || !n.Asks {
			t.Errorf("registered again with %+v", n)
		}
		h.restart() // another process
		if n := h.server.instances[h.agent.Instance()].Network; n.Block != "10.213.3.0/24" || !n.Asks {
			t.Errorf("after a restart registered with %+v", n)
		}
	})
}

// TestAMachineWithoutANetworkSaysWhy: it runs other tasks all the same.
func TestAMachineWithoutANetworkSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		network func(agent.Config, string) (agent.Network, error)
		want    structs.InstanceNetwork
	}{
		"none is configured": {nil, structs.InstanceNetwork{}},
		"it cannot be made": {func(agent.Config, string) (agent.Network, error) { return nil, errors.New("the kernel has no VXLAN") },
			structs.InstanceNetwork{Problem: "the kernel has no VXLAN"}},
		"it has a problem": {func(agent.Config, string) (agent.Network, error) {
			return troubled{testutil.NewFakeNetworks().Of("host")}, nil
		},
			structs.InstanceNetwork{Problem: "no route"}},
	} {
		t.Run(name, func(t *testing.T) {
			withConfig(t, func(config *agent.Config) { config.Network = c.network }, func(h *harness) {
				if n := h.server.instances[h.agent.Instance()].Network; n != c.want {
					t.Errorf("registered %+v", n)
				}
				h.server.run(taskID(1), definition(container("app")))
				h.wait(time.Minute)
				h.expect(taskID(1), structs.TaskRunning)
			})
		})
	}
}

type troubled struct{ *testutil.FakeNetwork }

func (troubled) Offer(context.Context) structs.InstanceNetwork {
	return structs.InstanceNetwork{Problem: "no route"}
}
