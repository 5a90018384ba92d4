package fsm

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestDeterminism applies random logs to two servers, one of which restarts from its snapshot
// somewhere on the way. They must answer the same and end in the same state to the byte, no command
// may break an invariant, and the published changes must lead to the same state.
func TestDeterminism(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		one, two := cluster(t), cluster(t)
		follower := newMirror(one.fsm)
		length := rapid.IntRange(1, 120).Draw(rt, "length")
		restart := rapid.IntRange(0, length-1).Draw(rt, "restart")
		for n := range length {
			before := one.snap()
			cmd := drawGuided(rt, before, n)
			if rapid.IntRange(0, 3).Draw(rt, "any") == 0 {
				cmd = anyCommand().Draw(rt, "command")
			}
			if diff := cmp.Diff(one.apply(cmd), two.apply(cmd)); diff != "" {
				rt.Fatalf("command %d %T %+v: other answer: %s", n, cmd, cmd, diff)
			}
			checkInvariants(rt, one.snap())
			checkForward(rt, before, one.snap())
			checkGPUsGiven(rt, before, one.snap(), cmd)
			if n == restart {
				saved := persist(t, two.fsm)
				two = &harness{TB: t, fsm: newHarness(t).fsm, index: two.index}
				if err := restore(two.fsm, saved); err != nil {
					rt.Fatal(err)
				}
			}
		}
		if !bytes.Equal(persist(t, one.fsm), persist(t, two.fsm)) {
			rt.Fatalf("the servers differ after %d commands", length)
		}
		if err := follower.catchUp(one.index); err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(persist(t, one.fsm), persist(t, follower.FSM)) {
			rt.Fatalf("the changes of %d commands do not lead to their state", length)
		}
	})
}

// fataler is the common part of testing.TB and rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkInvariants checks the invariants of every state.
func checkInvariants(t fataler, s *state.Snapshot) {
	t.Helper()
	usage := map[string]*structs.Usage{}
	held := map[string][]string{}
	for task := range s.AllTasks() {
		if s.Job(task.Job) == nil {
			t.Fatalf("task %s has lost its job %s", task.ID, task.Job)
		}
		if task.LastStatus == structs.TaskStopped {
			if task.DesiredStatus != structs.TaskStopped || task.StoppedAt == 0 || task.StoppingAt == 0 {
				t.Fatalf("task %s has stopped: %+v", task.ID, task)
			}
			continue
		}
		held[task.Instance] = append(held[task.Instance], task.ID)
		if usage[task.Instance] == nil {
			usage[task.Instance] = &structs.Usage{}
		}
		addUsage(usage[task.Instance], task)
	}
	for i := range s.AllInstances() {
		want, got := usage[i.ID], *s.Usage(i.ID)
		if want == nil {
			want = &structs.Usage{}
		}
		slices.SortFunc(want.Ports, structs.ComparePorts)
		slices.Sort(want.GPUs)
		if len(slices.Compact(slices.Clone(want.GPUs))) < len(want.GPUs) {
			t.Fatalf("a GPU of %s was given twice: %q", i.ID, want.GPUs)
		}
		if !slices.Equal(want.Ports, got.Ports) || !slices.Equal(want.GPUs, got.GPUs) || want.CPU != got.CPU || want.Memory != got.Memory ||
			want.Running != got.Running || want.Pending != got.Pending {
			t.Fatalf("usage of %s is %+v, its tasks add up to %+v", i.ID, got, *want)
		}
		var ids []string
		for task := range s.InstanceTasks(i.ID) {
			ids = append(ids, task.ID)
		}
		if !slices.Equal(ids, held[i.ID]) {
			t.Fatalf("tasks on %s: %v, want %v", i.ID, ids, held[i.ID])
		}
	}
	checkAddresses(t, s)
	checkTokens(t, s)
	checkServices(t, s)
	checkEvaluations(t, s)
}

func addUsage(u *structs.Usage, task *structs.Task) {
	u.CPU += task.CPU
	u.Memory += task.Memory
	u.Ports = append(u.Ports, task.HostPorts()...)
	u.GPUs = append(u.GPUs, task.GPUs...)
	if task.LastStatus == structs.TaskRunning {
		u.Running++
	} else if task.LastStatus < structs.TaskRunning {
		u.Pending++
	}
}

// checkServices checks that a name means at most one service, and that deployments are found by
// their jobs.
func checkServices(t fataler, s *state.Snapshot) {
	t.Helper()
	live := map[[2]string]string{}
	deployments := map[string]int{}
	for j := range s.AllJobs() {
		for range s.Deployments(j.ID) {
			deployments[j.ID]++
		}
		if j.Name == "" {
			continue
		}
		found := s.Service(j.Cluster, j.Name)
		if found == nil || found.Name != j.Name || found.Status == structs.ServiceInactive && found.DeletedAt < j.DeletedAt {
			t.Fatalf("the name of job %+v finds %+v", j, found)
		}
		if j.Status == structs.ServiceInactive {
			continue
		}
		if other := live[[2]string{j.Cluster, j.Name}]; other != "" || found != j || s.JobVersion(j.ID, j.Version) == nil {
			t.Fatalf("service %+v has the name of %q, or its name finds %+v, or its version is not kept", j, other, found)
		}
		live[[2]string{j.Cluster, j.Name}] = j.ID
	}
	for d := range s.AllDeployments() {
		deployments[d.Job]--
	}
	for job, n := range deployments {
		if n != 0 {
			t.Fatalf("job %s finds %d deployments too many", job, n)
		}
	}
}

// checkEvaluations checks that open evaluations are found by their jobs, and blocked ones by their
// clusters.
func checkEvaluations(t fataler, s *state.Snapshot) {
	t.Helper()
	open, blocked := 0, 0
	for e := range s.Evaluations() {
		if e.Status != structs.EvaluationDone && !slices.Contains(slices.Collect(s.OpenEvaluations(e.Job)), e) {
			t.Fatalf("evaluation %+v is not among the open ones of its job", e)
		}
		if e.Status == structs.EvaluationBlocked && !slices.Contains(slices.Collect(s.BlockedEvaluations(e.Cluster)), e) {
			t.Fatalf("evaluation %+v is not among the blocked ones of its cluster", e)
		}
		open, blocked = open+tally(e.Status != structs.EvaluationDone), blocked+tally(e.Status == structs.EvaluationBlocked)
	}
	for j := range s.AllJobs() {
		open -= len(slices.Collect(s.OpenEvaluations(j.ID)))
	}
	for c := range s.Clusters() {
		blocked -= len(slices.Collect(s.BlockedEvaluations(c.Name)))
	}
	if open != 0 || blocked != 0 {
		t.Fatalf("the indexes have %d open and %d blocked evaluations less than there are", open, blocked)
	}
}

func tally(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func checkTokens(t fataler, s *state.Snapshot) {
	t.Helper()
	seen := map[[2]string]string{}
	for j := range s.AllJobs() {
		if j.ClientToken == "" {
			continue
		}
		key := [2]string{j.Cluster, j.ClientToken}
		if other := seen[key]; other != "" {
			t.Fatalf("jobs %s and %s have the same client token", other, j.ID)
		}
		seen[key] = j.ID
		if found := s.JobByToken(j.Cluster, j.ClientToken); found != j {
			t.Fatalf("the client token of job %s finds %v", j.ID, found)
		}
	}
}

// checkGPUsGiven checks that a placed task has as many GPUs as in its plan, all from its instance,
// and keeps them.
func checkGPUsGiven(t fataler, before, after *state.Snapshot, cmd structs.Command) {
	t.Helper()
	for is := range after.AllTasks() {
		was := before.Task(is.ID)
		if was != nil && was.Instance != "" {
			if !slices.Equal(was.GPUs, is.GPUs) {
				t.Fatalf("task %s had the GPUs %q and has %q", is.ID, was.GPUs, is.GPUs)
			}
			continue
		}
		want := 0
		if plan, ok := cmd.(structs.ApplyPlan); ok && is.Instance != "" {
			want = plan.Plan.Need.GPUs
		}
		if len(is.GPUs) != want {
			t.Fatalf("task %s needs %d GPUs and was given %q", is.ID, want, is.GPUs)
		}
		for _, id := range is.GPUs {
			if !slices.Contains(after.Instance(is.Instance).GPUs, id) {
				t.Fatalf("task %s was given GPU %s, which instance %s does not have", is.ID, id, is.Instance)
			}
		}
	}
}

// checkForward checks that no task went backwards between two states.
func checkForward(t fataler, before, after *state.Snapshot) {
	t.Helper()
	for was := range before.AllTasks() {
		is := after.Task(was.ID)
		switch {
		case is == nil && was.Holds():
			t.Fatalf("task %s was forgotten while it was %s", was.ID, was.LastStatus)
		case is == nil || is == was:
		case is.LastStatus < was.LastStatus, is.DesiredStatus < was.DesiredStatus, is.Version <= was.Version:
			t.Fatalf("task %s went backwards: %+v to %+v", was.ID, was, is)
		}
	}
}
