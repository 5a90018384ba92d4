package agent

import (
	"context"

	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// Network connects the awsvpc tasks of the instance to those of other instances. As a task.Resource
// it gives a task its namespace with its address (Task.Address).
type Network interface {
	task.Lasting
	// Offer returns what the instance registers: the Block that it had before this process, if it
	// remembers one, its Key, and the Problem, if awsvpc tasks cannot run here. It is called once,
	// before the registration.
	Offer(ctx context.Context) structs.InstanceNetwork
	// Problems returns the channel on which the network tells what has come to be wrong since
	// Offer, and "" when that is right again.
	Problems() <-chan string
	// Apply takes a frame of the stream, in order, before the assignments that came with it. It
	// must not wait. A frame may come twice.
	Apply(structs.NetworkFrame)
}

// openNetwork makes the network of the instance. If that fails, the instance is registered with the
// problem, and runs other tasks.
func (a *Agent) openNetwork(instance string) {
	if a.cfg.Network == nil {
		return
	}
	network, err := a.cfg.Network(a.cfg, instance)
	if err != nil {
		a.log.Warn("this machine cannot run tasks of network mode awsvpc", "error", err)
		a.networkProblem = err.Error()
		return
	}
	a.network = network
}

// offer returns what the instance registers about its network.
func (a *Agent) offer(ctx context.Context) structs.InstanceNetwork {
	if a.network == nil {
		return structs.InstanceNetwork{Problem: a.networkProblem}
	}
	network := a.network.Offer(ctx)
	network.Asks = network.Problem == ""
	return network
}

// applyNetwork hands a frame's part about the network on.
func (a *Agent) applyNetwork(frame structs.AssignmentFrame) {
	if a.network != nil && frame.Network != nil {
		a.network.Apply(*frame.Network)
	}
}

// tellNetwork tells the servers what comes to be wrong with the network, until ctx ends.
func (a *Agent) tellNetwork(ctx context.Context) {
	for {
		select {
		case problem := <-a.network.Problems():
			a.link.SetNetworkProblem(ctx, problem)
		case <-ctx.Done():
			return
		}
	}
}
