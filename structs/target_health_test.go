package structs_test

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestVerdictOfTheCheckers: what most of those who check a target see, and not what one with a
// broken network sees. A new target is healthy at its first check that passes.
func TestVerdictOfTheCheckers(t *testing.T) {
	three, two := []string{"a", "b", "c"}, []string{"a", "b"}
	type step struct {
		instance, state string
		checkers        []string
		want            string
		changed         bool
	}
	for name, steps := range map[string][]step{
		"new and healthy": {
			{"b", "healthy", three, "healthy", true}, {"b", "healthy", three, "healthy", false}, {"a", "unhealthy", three, "healthy", true},
			{"c", "unhealthy", three, "unhealthy", true}, {"c", "healthy", three, "healthy", true}, {"a", "healthy", three, "healthy", true},
		},
		"new and not healthy": {
			{"a", "unhealthy", three, "initial", true}, {"b", "unhealthy", three, "unhealthy", true}, {"c", "healthy", three, "unhealthy", true},
		},
		"two disagree": {
			{"a", "healthy", two, "healthy", true}, {"b", "unhealthy", two, "healthy", true}, {"a", "unhealthy", two, "unhealthy", true},
			{"b", "healthy", two, "unhealthy", true},
		},
		"one that no longer checks does not count": {
			{"a", "unhealthy", three, "initial", true}, {"b", "unhealthy", three, "unhealthy", true}, {"c", "healthy", three, "unhealthy", true},
			{"c", "healthy", []string{"c"}, "healthy", true}, {"a", "unhealthy", []string{"c"}, "healthy", false},
		},
	} {
		var h structs.TargetHealth
		for n, s := range steps {
			before := h
			changed := h.See(structs.TargetSeen{Instance: s.instance, State: s.state, Reason: "R", At: structs.Time(n + 1)}, s.checkers)
			if h.State != s.want || changed != s.changed {
				t.Errorf("%s, step %d: %s (changed: %v), want %s (%v)", name, n, h.State, changed, s.want, s.changed)
			}
			if since := structs.Time(n + 1); h.State != before.State && h.Since != since || h.State == before.State && h.Since != before.Since {
				t.Errorf("%s, step %d: since %d, after %d", name, n, h.Since, before.Since)
			}
		}
	}
}
