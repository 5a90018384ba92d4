package control_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// traffic is a cluster with ingress instances i1 to i5, the instance i6, and a listener on a group.
type traffic struct {
	*singlenode.Node
	t *testing.T
}

func inTraffic(t *testing.T, test func(*testing.T, *traffic)) {
	faketime.Test(t, func(t *testing.T) {
		c := &traffic{singlenode.New(t), t}
		c.put(func(tx *state.Tx) {
			for n := range 6 {
				tx.PutInstance(&structs.ContainerInstance{
					ID: fmt.Sprint("i", n+1), Address: fmt.Sprint("10.0.0.", n+1), AgentConnected: true, Ingress: n < 5, Status: structs.InstanceActive,
				})
			}
			tx.PutLoadBalancer(&structs.LoadBalancer{ID: "b"})
			tx.PutTargetGroup(&structs.TargetGroup{ID: "g", Check: structs.TargetCheck{Enabled: true}})
			tx.PutListener(&structs.Listener{ID: "l", LoadBalancer: "b", DefaultActions: []structs.RuleAction{{
				Type: structs.ActionForward, Forward: &structs.ForwardAction{Groups: []structs.WeightedGroup{{TargetGroup: "g", Weight: 1}}},
			}}})
		})
		test(t, c)
	})
}

func (c *traffic) put(fn func(*state.Tx)) uint64 {
	c.t.Helper()
	index := c.Store.Snapshot().Index() + 1
	if err := c.Store.Update(index, func(tx *state.Tx) error { fn(tx); return nil }); err != nil {
		c.t.Fatal(err)
	}
	return index
}

func (c *traffic) target(port int32, drainUntil structs.Time) func(*state.Tx) {
	return func(tx *state.Tx) {
		tx.PutTarget(&structs.Target{TargetGroup: "g", Target: "192.0.2.7", Port: port, DrainUntil: drainUntil})
	}
}

func (c *traffic) open(instance string) *control.TrafficStream {
	c.t.Helper()
	s, err := c.Control.Traffic(instance)
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

// nextTraffic returns the next frame, which must come within some time.
func nextTraffic(t *testing.T, s *control.TrafficStream, within time.Duration) structs.TrafficFrame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	frame, err := s.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// TestStreamOfTraffic: everything first, then what changed, within a moment; empty frames show the
// index up to which nothing did. Instances that are no ingress get neither listeners nor groups.
func TestStreamOfTraffic(t *testing.T) {
	inTraffic(t, func(t *testing.T, c *traffic) {
		ingress, other := c.open("i1"), c.open("i6")
		defer ingress.Close()
		defer other.Close()
		first := nextTraffic(t, ingress, time.Millisecond)
		if !first.Full || len(first.Groups) != 1 || len(first.Listeners) != 1 || first.Index != c.Store.Snapshot().Index() {
			t.Errorf("the first frame is %+v", first)
		}
		if frame := nextTraffic(t, other, time.Millisecond); !frame.Full || len(frame.Groups)+len(frame.Listeners) > 0 {
			t.Errorf("the first frame of another is %+v", frame)
		}
		time.Sleep(time.Second)
		index := uint64(0)
		for port := range int32(1000) {
			index = c.put(c.target(port+1, 0))
		}
		frame := nextTraffic(t, ingress, 100*time.Millisecond)
		if frame.Full || len(frame.Groups) != 1 || len(frame.Groups[0].Targets) != 1000 || len(frame.Listeners) != 0 || frame.Index != index {
			t.Errorf("the frame of index %d has %d groups", frame.Index, len(frame.Groups))
		}
		index = c.put(c.target(7, 99))
		frame = nextTraffic(t, ingress, 100*time.Millisecond)
		if target := frame.Groups[0].Targets[6]; target.State != structs.TargetDraining || target.DrainUntil != 99 || frame.Index != index {
			t.Errorf("the frame of index %d has %+v", frame.Index, target)
		}
		index = c.put(func(tx *state.Tx) { tx.PutTags("tags", []structs.Tag{{Key: "k"}}) })
		for n := range 3 {
			if frame := nextTraffic(t, ingress, 3*time.Second); !frame.Empty() || n > 0 && frame.Index != index {
				t.Errorf("nothing changed, but the frame of index %d, not %d, has %d groups", frame.Index, index, len(frame.Groups))
			}
		}
		c.put(func(tx *state.Tx) { tx.RemoveListener(tx.Listener("l")) })
		frame = nextTraffic(t, ingress, 100*time.Millisecond)
		if !slices.Equal(frame.GoneListeners, []string{"l"}) || !slices.Equal(frame.GoneGroups, []string{"g"}) {
			t.Errorf("gone are %v and %v", frame.GoneListeners, frame.GoneGroups)
		}
	})
}

// TestWhoChecks: three of five ingress instances check a target. When one of them is lost, only its
// successor hears of it.
func TestWhoChecks(t *testing.T) {
	inTraffic(t, func(t *testing.T, c *traffic) {
		c.put(c.target(1, 0))
		streams := map[string]*control.TrafficStream{}
		var checkers []string
		for _, id := range []string{"i1", "i2", "i3", "i4", "i5"} {
			streams[id] = c.open(id)
			defer streams[id].Close()
			if nextTraffic(t, streams[id], time.Second).Groups[0].Targets[0].Check {
				checkers = append(checkers, id)
			}
		}
		if len(checkers) != 3 {
			t.Fatalf("%v check", checkers)
		}
		c.put(func(tx *state.Tx) {
			lost := *tx.Instance(checkers[0])
			lost.AgentConnected = false
			tx.PutInstance(&lost)
		})
		successors := 0
		for id, s := range streams {
			frame := nextTraffic(t, s, 3*time.Second)
			switch {
			case slices.Contains(checkers[1:], id) && len(frame.Groups) > 0:
				t.Errorf("%s still checks, but got %+v", id, frame)
			case !slices.Contains(checkers, id) && len(frame.Groups) > 0 && frame.Groups[0].Targets[0].Check:
				successors++
			}
		}
		if successors != 1 {
			t.Errorf("%d instances check in place of the lost one", successors)
		}
	})
}

// TestReportsOfTargets: only of those who check, and only news, are written.
func TestReportsOfTargets(t *testing.T) {
	inTraffic(t, func(t *testing.T, c *traffic) {
		c.put(c.target(1, 0))
		sub := c.Store.Subscribe(state.Topic{Kind: state.TopicTraffic})
		defer sub.Close()
		for _, id := range []string{"i1", "i2", "i3", "i4", "i5", "i6"} {
			for range 2 {
				err := c.Control.ReportTargets(t.Context(), id, []structs.TargetReport{{
					TargetGroup: "g", Address: "192.0.2.7", Target: "192.0.2.7", Port: 1, State: structs.TargetHealthy,
				}})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		wrote, _ := sub.Take()
		h := c.Store.Snapshot().Target("g", "192.0.2.7", 1).Health
		if len(wrote) != 3 || h.State != structs.TargetHealthy || len(h.Seen) != 3 {
			t.Errorf("%d changes, and %+v", len(wrote), h)
		}
		err := c.Control.ReportTargets(t.Context(), "i1", []structs.TargetReport{{State: structs.TargetDraining}})
		if structs.KindOf(err) != structs.KindInvalidParameter {
			t.Errorf("a target is reported as draining: %v", err)
		}
	})
}
