package testutil

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"sync"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// FakeNetworks are the networks of awsvpc tasks on all hosts. Like namespaces in a kernel, what an
// agent made is still there for the next agent on the same host.
type FakeNetworks struct {
	mu    sync.Mutex
	hosts map[string]*FakeNetwork
}

// NewFakeNetworks returns networks of hosts that have none yet.
func NewFakeNetworks() *FakeNetworks { return &FakeNetworks{hosts: map[string]*FakeNetwork{}} }

// Of returns the network of a host.
func (f *FakeNetworks) Of(host string) *FakeNetwork {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hosts[host] == nil {
		f.hosts[host] = &FakeNetwork{peers: map[string]structs.NetworkPeer{}, tasks: map[string]string{}}
	}
	return f.hosts[host]
}

// At returns what agent.Config.Network of an agent on a host should be.
func (f *FakeNetworks) At(host string) func(agent.Config, string) (agent.Network, error) {
	return func(agent.Config, string) (agent.Network, error) { return f.Of(host), nil }
}

// smallBlocks is the range of test clusters. A block has only 13 addresses, so that tasks would
// soon share one that is given away twice.
func smallBlocks() structs.TaskNetwork {
	return structs.TaskNetwork{Range: "10.213.0.0/20", BlockBits: 28}
}

// FakeNetwork is an agent.Network in memory.
type FakeNetwork struct {
	mu    sync.Mutex
	block string
	peers map[string]structs.NetworkPeer
	tasks map[string]string // address by task
}

// Name implements task.Resource.
func (n *FakeNetwork) Name() string { return "network" }

// Problems implements agent.Network: there are none.
func (n *FakeNetwork) Problems() <-chan string { return nil }

// Needs implements task.Resource.
func (n *FakeNetwork) Needs(as structs.Assignment) bool {
	return as.Definition.NetworkMode == structs.NetworkAwsvpc
}

// Prepare implements task.Resource. Like the real one it refuses an address outside its block.
func (n *FakeNetwork) Prepare(_ context.Context, as structs.Assignment) (runtime.Shared, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	address, err := netip.ParseAddr(as.Task.Address)
	block, _ := netip.ParsePrefix(n.block)
	if err != nil || !block.Contains(address) {
		return runtime.Shared{}, fmt.Errorf("address %q of the task is not in the block %q", as.Task.Address, n.block)
	}
	n.tasks[as.Task.ID] = as.Task.Address
	return runtime.Shared{}, nil
}

// Release implements task.Resource.
func (n *FakeNetwork) Release(_ context.Context, task string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.tasks, task)
	return nil
}

// Sweep implements task.Resource.
func (n *FakeNetwork) Sweep(_ context.Context, holds func(task string) bool) error {
	for task := range n.Tasks() {
		if !holds(task) {
			_ = n.Release(context.Background(), task)
		}
	}
	return nil
}

// Offer implements agent.Network.
func (n *FakeNetwork) Offer(context.Context) structs.InstanceNetwork {
	return structs.InstanceNetwork{Block: n.Block()}
}

// Apply implements agent.Network.
func (n *FakeNetwork) Apply(frame structs.NetworkFrame) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.block = frame.Block
	if frame.Full {
		clear(n.peers)
	}
	for _, gone := range frame.Gone {
		delete(n.peers, gone)
	}
	for _, p := range frame.Peers {
		n.peers[p.Instance] = p
	}
}

// Run implements agent.Network.
func (n *FakeNetwork) Run(ctx context.Context) { <-ctx.Done() }

// RemoveAll implements agent.Network.
func (n *FakeNetwork) RemoveAll(ctx context.Context) error {
	return n.Sweep(ctx, func(string) bool { return false })
}

// Block returns the block of the instance, as its agent last heard.
func (n *FakeNetwork) Block() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.block
}

// Peers returns the blocks of the other instances, by id, as the agent last heard.
func (n *FakeNetwork) Peers() map[string]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	blocks := map[string]string{}
	for id, p := range n.peers {
		blocks[id] = p.Block
	}
	return blocks
}

// Tasks returns the addresses of the tasks that have a network, by id.
func (n *FakeNetwork) Tasks() map[string]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.tasks)
}
