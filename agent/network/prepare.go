package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// begun is what an earlier process of the agent left, looked up once.
type begun struct {
	mu     sync.Mutex
	known  bool
	pauses map[string]bool // tasks that have a pause
	tasks  map[string]bool // tasks that have containers
}

// look lists what an earlier process left, and puts spare pauses into the pool.
func (n *Network) look(ctx context.Context) error {
	n.begun.mu.Lock()
	defer n.begun.mu.Unlock()
	if n.begun.known {
		return nil
	}
	pauses, tasks, err := n.engine.ListPauses(ctx)
	if err != nil {
		return err
	}
	n.begun.pauses, n.begun.tasks = map[string]bool{}, tasks
	for _, p := range pauses {
		if t := p.Task(); t != "" {
			n.begun.pauses[t] = true
		} else if found, ok, err := n.engine.FindPause(ctx, p.ID); err == nil && ok && lives(found) {
			n.pool.add(found) // else the sweep removes it
		}
	}
	n.begun.known = true
	return nil
}

// Prepare gives a task its pause, and an awsvpc task its address.
func (n *Network) Prepare(ctx context.Context, as structs.Assignment) (runtime.Shared, error) {
	id, def := as.Task.ID, as.Definition
	if err := n.look(ctx); err != nil {
		return runtime.Shared{}, err
	}
	awsvpc := def.NetworkMode == structs.NetworkAwsvpc
	var address netip.Addr
	if awsvpc {
		var err error
		if address, err = n.addressOf(as.Task); err != nil {
			return runtime.Shared{}, refusal(err)
		}
	}
	n.noteUse()
	p, err := n.pauseOf(ctx, id)
	if err != nil {
		return runtime.Shared{}, err
	}
	n.cfg.Step("the task had its pause")
	shared := runtime.Shared{}
	if awsvpc {
		if err := n.attach(p, as, address); err != nil {
			if found, ok, lookErr := n.engine.FindPause(ctx, p.ID); lookErr != nil || !ok || !lives(found) {
				err = errors.Join(err, lookErr, n.engine.RemovePause(ctx, p.ID))
			}
			return runtime.Shared{}, refusal(err)
		}
		shared.NetworkOf = p.ID
	}
	n.noteAttached(id, address)
	if def.PidMode == "task" {
		shared.PidOf = p.ID
	}
	if def.IpcMode == "task" {
		shared.IpcOf = p.ID
	}
	return shared, nil
}

// refusal is the error with which a task ends, so that it is replaced.
func refusal(err error) error {
	return &runtime.Error{Name: task.ResourceInitialization, Reason: "network: " + err.Error()}
}

// pauseOf returns the pause of a task. If the task has containers from before and no pause that
// runs, it has lost its namespaces, and a new pause would be one beside them.
func (n *Network) pauseOf(ctx context.Context, id string) (runtime.Pause, error) {
	had := n.begun.pauses[id] || n.begun.tasks[id]
	if !had {
		p, err := n.pool.take(ctx, id)
		if err == nil && !p.Running {
			err = refusal(errors.New(pauseGone))
		}
		return p, err
	}
	p, ok, err := n.engine.FindPause(ctx, runtime.PauseName(id))
	switch {
	case err != nil:
		return p, err
	case ok && p.Running:
		return p, nil
	case !ok && !n.begun.tasks[id]:
		return n.pool.take(ctx, id)
	case ok && !n.begun.tasks[id]: // an agent was killed before it started the pause, or the machine was
		if err := n.engine.RemovePause(ctx, p.ID); err != nil {
			return p, err
		}
		return n.pool.take(ctx, id)
	}
	return p, refusal(errors.New(pauseGone))
}

const pauseGone = "the task's namespaces ended: the pause container that held them is gone"

// addressOf returns the address of an awsvpc task.
func (n *Network) addressOf(t *structs.Task) (netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.unfit != "" {
		return netip.Addr{}, errors.New(n.unfit)
	}
	if !n.block.IsValid() {
		return netip.Addr{}, errors.New("the servers gave this instance no addresses for tasks")
	}
	a, err := netip.ParseAddr(t.Address)
	if err != nil {
		return a, errors.New("the servers gave the task no address")
	}
	if !n.block.has(a) {
		return a, fmt.Errorf("its address %s is not one of the instance's, %s: the servers gave the instance others since", a, n.block)
	}
	return a, nil
}

// noteUse notes that pauses are needed here, and so are spare ones.
func (n *Network) noteUse() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.saved.Used {
		n.saved.Used = true
		if err := n.saved.write(n.cfg.DataDir); err != nil {
			n.log.Warn("cannot note that tasks need a network; spare pauses will come later after a restart", "error", err)
		}
	}
}

// attach gives a pause the address of its task, with its names and kernel parameters.
func (n *Network) attach(p runtime.Pause, as structs.Assignment, a netip.Addr) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.made {
		if err := n.reconcile(); err != nil {
			return err
		}
	}
	id := as.Task.ID
	list, open := n.cfg.Groups.of(as.SecurityGroups)
	if err := n.router.guard(id, a, list, open, n.all); err != nil { // before the address answers
		return err
	}
	if err := n.router.attachPause(p, id, n.block, a, n.mtu()); err != nil {
		return err
	}
	n.cfg.Step("the address was routed")
	if err := nameFiles(p, as.Definition, a, n.cfg.Resolver); err != nil {
		return fmt.Errorf("write its names: %w", err)
	}
	n.cfg.Step("the names were written")
	return setParameters(p, parameters(as.Definition))
}

// noteAttached notes that a task has its pause, and its address if it has one.
func (n *Network) noteAttached(id string, a netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.attached[id] = a
	delete(n.lost, id)
}

// setParameters sets kernel parameters of a pause's network.
func setParameters(p runtime.Pause, all map[string]string) error {
	if len(all) == 0 {
		return nil
	}
	there, err := openSpace(fmt.Sprintf("/proc/%d/ns/net", p.PID))
	if err != nil {
		return err
	}
	defer there.close()
	return there.do(func() (failed error) {
		for name, value := range all {
			failed = errors.Join(failed, setting(name, value))
		}
		return failed
	})
}

// Lost returns why a task has lost its namespaces, or "".
func (n *Network) Lost(id string, pauseEnded bool) (why string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lost[id] == "" && pauseEnded {
		n.lost[id] = pauseDied
	}
	if why := n.lost[id]; why != "" {
		return "the task has lost its network: " + why
	}
	return ""
}

const pauseDied = "the pause container that held it ended"
