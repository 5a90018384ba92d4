package scheduler

import (
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// onTasks runs a command about some tasks.
func (s *story) onTasks(t *testing.T, words []string, args map[string]string) string {
	if words[0] == "groups" {
		return s.rename(s.groups())
	}
	for name := range strings.SplitSeq(words[1], ",") {
		if words[0] == "targets" {
			s.target(t, name, words[2])
			continue
		}
		s.cluster.alterTask(s.task(t, name), func(row *structs.Task) {
			row.ProtectedUntil = s.cluster.now + structs.Time(number(t, args["for"]))*1000
		})
	}
	return "ok"
}

// balance applies the options of a service command about load balancers and early success.
func (s *story) balance(t *testing.T, spec *structs.ServiceSpec, words []string, args map[string]string) {
	if slices.Contains(words, "balanced") || slices.Contains(words, "alternating") {
		s.cluster.update(func(tx *state.Tx) {
			tx.PutTargetGroup(&structs.TargetGroup{ID: "g1", Name: "web"})
			tx.PutTargetGroup(&structs.TargetGroup{ID: "g2", Name: "other"})
		})
		b := structs.ServiceLoadBalancer{TargetGroup: "g1", Container: "app", ContainerPort: 80}
		if slices.Contains(words, "alternating") {
			b.Alternate = &structs.AlternateTargets{TargetGroup: "g2", ProductionRule: "r1"}
		}
		spec.LoadBalancers = []structs.ServiceLoadBalancer{b}
	}
	if text, ok := args["early"]; ok {
		percent, cleanup, _ := strings.Cut(text, ":")
		spec.Update.Early = &structs.EarlySuccess{HealthyPercent: int32(number(t, percent)), Cleanup: cleanup}
	}
}

// target makes a task a target, as the state machine does, with the state that its checks found.
func (s *story) target(t *testing.T, name, state string) {
	s.cluster.alterTask(s.task(t, name), func(row *structs.Task) {
		snap := s.cluster.store.Snapshot()
		d := snap.Deployment(row.StartedBy)
		b := structs.BalancersOf(d, snap.JobVersion(d.Job, d.JobVersion))[0]
		was := row.FullHealth(nil)
		row.Targets = []structs.TaskTarget{{
			TargetGroup: b.Group(d.Alternate), Container: b.Container, ContainerPort: b.ContainerPort, Port: 32768,
			Health: structs.TargetHealth{State: state, Description: "Health checks failed with these codes: [502]"},
		}}
		if row.FullHealth(nil) == structs.Healthy && was != structs.Healthy {
			row.HealthyAt = s.cluster.now
		}
	})
}

// groups says which target group the tasks of each deployment are in.
func (s *story) groups() string {
	var out []string
	for _, d := range s.deployments() {
		group := "web"
		if d.Alternate {
			group = "other"
		}
		out = append(out, d.ID+" in "+group)
	}
	return strings.Join(out, "\n")
}
