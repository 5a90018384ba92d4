package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func (s *story) external(count int) {
	s.cluster.put(structs.Job{
		ID: serviceJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, Count: count,
		Service: &structs.ServiceSpec{
			Controller: structs.ControllerExternal, Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200},
		},
	}, "")
}

func (s *story) set(t *testing.T, words []string, args map[string]string) {
	all := s.deployments()
	row := &structs.Deployment{
		ID: fmt.Sprintf("ecs-svc/%019d", len(all)+1), Cluster: "default", Job: serviceJob, JobVersion: len(all), Status: structs.DeploymentActive,
		Rollout: structs.RolloutCompleted, TaskDefinition: "f:" + cmp.Or(args["definition"], "1"),
	}
	if len(words) > 1 && words[1][0] == 'd' && !strings.Contains(words[1], "=") {
		row = new(*all[number(t, words[1][1:])-1])
	}
	part := structs.TaskSet{}
	if row.TaskSet != nil {
		part = *row.TaskSet
	}
	if scale, ok := args["scale"]; ok {
		part.Scale = float64(number(t, scale))
	}
	row.TaskSet, row.Status = &part, cmp.Or(args["status"], row.Status)
	s.cluster.update(func(tx *state.Tx) { tx.PutDeployment(row) })
}

// strategyFrom reads NAME:WEIGHT:BASE,…
func strategyFrom(t *testing.T, text string) (strategy []structs.CapacityProviderStrategyItem) {
	for item := range strings.SplitSeq(text, ",") {
		parts := strings.Split(item, ":")
		strategy = append(strategy, providerItem(t, fmt.Sprintf("%s weight=%s base=%s", parts[0], parts[1], parts[2])))
	}
	return strategy
}

// tasks reports what a line describes: names, status, health.
func (s *story) tasks(t *testing.T, words []string) {
	var status structs.TaskStatus
	if err := status.UnmarshalText([]byte(words[1])); err != nil {
		t.Fatal(err)
	}
	health := ""
	if len(words) > 2 {
		health = words[2]
	}
	for name := range strings.SplitSeq(words[0], ",") {
		s.cluster.report(s.task(t, name), status, health)
	}
}

func (s *story) task(t *testing.T, name string) string {
	n := int(number(t, strings.TrimPrefix(name, "t")))
	if n < 1 || n > len(s.cluster.started) {
		t.Fatalf("there is no task %s yet", name)
	}
	return s.cluster.started[n-1]
}

func (s *story) deployments() []*structs.Deployment {
	return slices.Collect(s.cluster.store.Snapshot().Deployments(serviceJob))
}

func (s *story) primary() string {
	for _, d := range s.deployments() {
		if d.Status == structs.DeploymentPrimary {
			return d.ID
		}
	}
	return ""
}

func (s *story) describe(plan *structs.Plan, events bool) string {
	var out strings.Builder
	for _, stop := range plan.Stops {
		fmt.Fprintf(&out, "stop %s", stop.Task)
		if !strings.HasPrefix(stop.Reason, "Scaling activity initiated by (deployment ") {
			fmt.Fprintf(&out, ": %s", stop.Reason)
		}
		out.WriteByte('\n')
	}
	for _, p := range plan.Placements {
		fmt.Fprintf(&out, "start %s on %s", p.Task, p.Instance)
		if p.Provider != "" {
			out.WriteString(" for " + p.Provider)
		}
		out.WriteByte('\n')
	}
	for _, d := range plan.Deployments {
		fmt.Fprintf(&out, "%s is %s %s: %s\n", d.ID, d.Status, d.Rollout, d.RolloutReason)
		if d.Stage != "" || d.Traffic != nil {
			describeShift(&out, &d)
		}
	}
	if plan.Rollback != nil {
		fmt.Fprintf(&out, "version %d: count %d, %s\n", plan.Rollback.Version, plan.Rollback.Count, plan.Rollback.TaskDefinition)
	}
	if plan.JobStatus != "" {
		fmt.Fprintf(&out, "service %s\n", plan.JobStatus)
	}
	if plan.Unplaced > 0 {
		fmt.Fprintf(&out, "unplaced: %d, %s\n", plan.Unplaced, plan.Status)
	}
	if f := plan.FollowUp; f != nil {
		fmt.Fprintf(&out, "look again in %gs\n", float64(f.WaitUntil-s.cluster.now)/1000)
	}
	if events {
		for _, e := range plan.Events {
			fmt.Fprintf(&out, "- %s\n", e.Message)
		}
	}
	return s.rename(cmp.Or(out.String(), "nothing"))
}

func describeShift(out *strings.Builder, d *structs.Deployment) {
	fmt.Fprintf(out, "  stage %s", d.Stage)
	if d.Traffic != nil {
		fmt.Fprintf(out, ", traffic %g %%, test %g %%", d.Traffic.Production, d.Traffic.Test)
	}
	for _, p := range d.Pauses {
		fmt.Fprintf(out, ", paused at %s: %s", p.Stage, p.Status)
	}
	out.WriteByte('\n')
}

// rename puts short names in place of ids.
func (s *story) rename(text string) string {
	for n, id := range s.cluster.started {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("t%d", n+1))
	}
	for n, d := range s.deployments() {
		text = strings.ReplaceAll(text, d.ID, fmt.Sprintf("d%d", n+1))
	}
	return text
}
