package liveness

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

func TestTracker(t *testing.T) {
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		name       string
		connected  bool
		inactive   bool
		fenced     bool
		beats      []time.Duration // after the start, as they are told
		heard      bool
		at         time.Duration
		lost, back bool
	}{
		{name: "beats", connected: true, beats: []time.Duration{1e9, 2e9}, at: 4 * time.Second},
		{name: "silent for the lease", connected: true, beats: []time.Duration{1e9}, at: 4 * time.Second, lost: true},
		{name: "just within the lease", connected: true, beats: []time.Duration{1e9}, at: 4*time.Second - 1},
		{name: "silent, but gossip hears it", connected: true, beats: []time.Duration{1e9}, heard: true, at: 5*time.Second - 1},
		{name: "silent for too long, though gossip hears it", connected: true, beats: []time.Duration{1e9}, heard: true, at: 5 * time.Second, lost: true},
		{name: "a new leader has heard nobody", connected: true, at: 3*time.Second - 1},
		{name: "nor does anybody come", connected: true, at: 3 * time.Second, lost: true},
		{name: "an old beat does not shorten the new leader's grace", connected: true, beats: []time.Duration{-2e9}, at: 2 * time.Second},
		{name: "an old beat that is told late changes nothing", connected: true, beats: []time.Duration{3e9, 1e9}, at: 5 * time.Second},
		{name: "fenced, and silent for less than its longer lease", connected: true, fenced: true, beats: []time.Duration{1e9}, at: 5*time.Second - 1},
		{name: "fenced, and silent for it", connected: true, fenced: true, beats: []time.Duration{1e9}, at: 5 * time.Second, lost: true},
		{name: "back", beats: []time.Duration{1e9}, at: 2 * time.Second, back: true},
		{name: "not back by a beat of long ago", beats: []time.Duration{1e9}, at: 4 * time.Second},
		{name: "never heard", at: time.Second},
		{name: "deregistered", connected: true, inactive: true, beats: []time.Duration{1e9}, at: time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			tracker := New(start)
			for _, b := range c.beats {
				tracker.Seen("i", start.Add(b))
			}
			i := &structs.ContainerInstance{ID: "i", Status: structs.InstanceActive, AgentConnected: c.connected, Fenced: c.fenced}
			if c.inactive {
				i.Status = structs.InstanceInactive
			}
			v := tracker.Judge(start.Add(c.at), slices.Values([]*structs.ContainerInstance{i}), func(string) bool { return c.heard })
			if (len(v.Lost) == 1) != c.lost || (len(v.Back) == 1) != c.back {
				t.Errorf("lost %v, back %v", v.Lost, v.Back)
			}
		})
	}
}

// Nothing may change between two looks merely because time passes.
func TestNextLook(t *testing.T) {
	start := time.Unix(1000, 0)
	tracker := New(start)
	list := slices.Values([]*structs.ContainerInstance{
		{ID: "early", Status: structs.InstanceActive, AgentConnected: true},
		{ID: "late", Status: structs.InstanceActive, AgentConnected: true},
		{ID: "gone", Status: structs.InstanceActive},
	})
	if !tracker.Seen("early", start.Add(time.Second)) || !tracker.Seen("late", start.Add(2*time.Second)) {
		t.Error("the first beat is no news")
	}
	if tracker.Seen("late", start.Add(3*time.Second)) {
		t.Error("another beat is news")
	}
	heard := func(id string) bool { return id == "early" }
	for _, c := range []struct{ at, next time.Duration }{
		{2900 * time.Millisecond, 3 * time.Second}, {3 * time.Second, 3*time.Second + askEvery},
		{3900 * time.Millisecond, 4 * time.Second}, {4 * time.Second, 4*time.Second + askEvery}, {6 * time.Second, 9 * time.Second},
	} {
		if v := tracker.Judge(start.Add(c.at), list, heard); !v.Next.Equal(start.Add(c.next)) {
			t.Errorf("after %s: look again after %s, not %s", c.at, v.Next.Sub(start), c.next)
		}
	}
	if !tracker.Seen("late", start.Add(6*time.Second)) {
		t.Error("a beat after a long silence is no news")
	}
}
