package control

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// connectWait bounds the write that says that an agent's stream has opened or ended. It does not end with the stream's request:
// a write that is given up may be applied all the same.
const connectWait = 5 * time.Second

// applyFunc is Log.Apply.
type applyFunc = func(context.Context, structs.Command) (structs.Applied, error)

// connect counts a stream of an instance. The stream does not count when that could not be recorded.
func (c *Control) connect(instance string) error {
	c.count(instance, 1)
	err := c.recordConnection(instance)
	if err != nil {
		c.disconnect(instance)
	}
	return err
}

// disconnect takes a stream of an instance from the count. Where that cannot be recorded for want of a leader, the next
// leader does.
func (c *Control) disconnect(instance string) {
	c.count(instance, -1)
	if err := c.recordConnection(instance); err != nil {
		c.Logger.Warn("could not record that an agent disconnected", "instance", instance, "error", err)
	}
}

func (c *Control) count(instance string, by int) {
	c.connMu.Lock()
	defer c.connMu.Unlock()
	if c.connections[instance] += by; c.connections[instance] == 0 {
		delete(c.connections, instance)
	}
}

func (c *Control) connected(instance string) bool {
	c.connMu.Lock()
	defer c.connMu.Unlock()
	return c.connections[instance] > 0
}

// recordConnection makes state say whether a stream of the instance is open.
func (c *Control) recordConnection(instance string) error {
	ctx, cancel := context.WithTimeout(context.Background(), connectWait)
	defer cancel()
	return c.settle(ctx, c.Log.Apply, instance)
}

// SettleConnections makes state say of every instance whether a stream of its agent is open here. A new leader calls it before
// it takes calls, with its own way of a write: what state says then is what an earlier leader knew.
func (c *Control) SettleConnections(ctx context.Context, apply applyFunc) error {
	var all []string
	for i := range c.Store.Snapshot().AllInstances() {
		all = append(all, i.ID)
	}
	return c.settle(ctx, apply, all...)
}

// settle writes what state has wrong of some instances. It looks again after each write: streams open and end meanwhile, and of
// several goroutines that settle the same instance, the last to write makes it right.
func (c *Control) settle(ctx context.Context, apply applyFunc, instances ...string) error {
	for {
		snap := c.Store.Snapshot()
		wrong := map[bool][]string{} // by what they should be
		for _, id := range instances {
			open := c.connected(id)
			if row := snap.Instance(id); row != nil && row.AgentConnected != open {
				wrong[open] = append(wrong[open], id)
			}
		}
		if len(wrong) == 0 {
			return nil
		}
		for open, ids := range wrong {
			if _, err := apply(ctx, structs.SetAgentConnected{Instances: ids, Connected: open, At: c.now()}); err != nil {
				return err
			}
		}
	}
}
