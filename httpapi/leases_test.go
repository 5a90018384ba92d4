package httpapi_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// An external scheduler gets all that it needs to place tasks. The parts of its plan that fit are
// committed, the others are refused with the reason and asked for again. RunTask answers when the
// scheduler is done.
func TestOutsideScheduler(t *testing.T) {
	h := newLeaseHarness(t)
	if lease, err := h.client.NextLease(t.Context(), "mine", 0); lease != nil || err != nil {
		t.Fatalf("with nothing to do: %v, %v", lease, err)
	}
	placed := h.run(3)
	lease := h.next()
	if lease.Ask.Count != 3 || lease.Ask.Need.Memory != 100 || lease.Job.Count != 3 || lease.TaskDefinition.Family != "web" || lease.Seconds < 1 || len(lease.Instances) != 2 {
		t.Fatalf("lease %+v", lease)
	}
	for _, i := range lease.Instances {
		if want := map[string]int64{h.host1: 200, h.host2: 100}[i.ID]; i.Free.Memory != want || !i.Fits || i.Usage == nil {
			t.Errorf("instance %+v, want %d MiB free", i, want)
		}
	}
	if h.tasksOn(h.host1)+h.tasksOn(h.host2) > 0 {
		t.Fatal("tasks were placed without the scheduler")
	}
	wantRefused(t, "acknowledged with tasks to place", h.client.AckLease(t.Context(), "mine", lease.Token))

	planned := h.plan(lease, "", h.host2, "nosuch", h.host2)
	if planned.Committed != 1 || planned.Done || len(planned.Refused) != 2 || planned.Refused[0].Reason != structs.FailMissing || planned.Refused[1].Reason != structs.FailMemory {
		t.Fatalf("planned %+v", planned)
	}
	rest := planned.Lease
	if rest == nil || rest.Token != lease.Token || rest.Ask.Count != 2 || len(rest.Tasks) != 1 {
		t.Fatalf("what is left: %+v", rest)
	}
	for _, i := range rest.Instances {
		if i.Fits != (i.ID == h.host1) || (i.Why != nil) != (i.ID == h.host2) {
			t.Errorf("then instance %+v, %+v", i, i.Why)
		}
	}
	if planned = h.plan(rest, "", h.host1, h.host1); planned.Committed != 2 || !planned.Done || planned.Lease != nil {
		t.Fatalf("planned %+v", planned)
	}
	h.ack(lease)
	wantRefused(t, "a second acknowledgement", h.client.AckLease(t.Context(), "mine", lease.Token))
	if out := <-placed; len(out.Tasks) != 3 || len(out.Failures) > 0 || h.tasksOn(h.host1) != 2 || h.tasksOn(h.host2) != 1 {
		t.Errorf("RunTask answers %+v", out)
	}
}

// A job's constraints bind an external scheduler as they bind Gantry's own.
func TestOutsideConstraints(t *testing.T) {
	h := newLeaseHarness(t)
	placed := h.run(2, func(j *structs.Job) {
		j.PlacementConstraints = []structs.PlacementConstraint{{Type: structs.ConstraintDistinctInstance}}
	})
	lease := h.next()
	planned := h.plan(lease, "", h.host1, h.host1)
	if planned.Committed != 1 || len(planned.Refused) != 1 || planned.Refused[0].Reason != structs.FailDistinct {
		t.Fatalf("planned %+v", planned)
	}
	if planned = h.plan(lease, "too dear by night"); !planned.Done {
		t.Fatalf("planned %+v", planned)
	}
	h.ack(lease)
	out := <-placed
	if len(out.Tasks) != 1 || len(out.Failures) != 1 || out.Failures[0].Reason != structs.FailScheduler || out.Failures[0].Detail != "too dear by night" {
		t.Errorf("RunTask answers %+v", out)
	}
}

// An evaluation that is given back is leased again, and a token that was used is worth nothing.
func TestLeaseGivenBack(t *testing.T) {
	h := newLeaseHarness(t)
	placed := h.run(1)
	first := h.next()
	if err := h.client.NackLease(t.Context(), "mine", first.Token); err != nil {
		t.Fatal(err)
	}
	_, err := h.client.PlanLease(t.Context(), "mine", structs.LeasePlan{Token: first.Token, Placements: []structs.LeasePlacement{{Instance: h.host1}}})
	wantRefused(t, "a late plan", err)
	second := h.next()
	if second.Evaluation.ID != first.Evaluation.ID || second.Token == first.Token {
		t.Errorf("given again: %+v, was %+v", second, first)
	}
	wantRefused(t, "the old token", h.client.NackLease(t.Context(), "mine", first.Token))
	wantRefused(t, "another scheduler", h.client.NackLease(t.Context(), "other", second.Token))
	h.plan(second, "", h.host1)
	h.ack(second)
	<-placed
}

// A new leader leases evaluations again and refuses plans of old leases.
func TestLeasesEndWithTheLeader(t *testing.T) {
	h := newLeaseHarness(t)
	h.serve(1, 1)
	old := h.next()
	h.client.Close()
	h.http.Close()
	if err := h.server.Stop(); err != nil {
		t.Fatal(err)
	}
	h.start()
	if _, err := h.server.Apply(t.Context(), structs.SetAgentConnected{Instances: []string{h.host1}, Connected: true, At: 2}); err != nil {
		t.Fatal(err)
	}
	_, err := h.client.PlanLease(t.Context(), "mine", structs.LeasePlan{Token: old.Token, Placements: []structs.LeasePlacement{{Instance: h.host1}}})
	wantRefused(t, "a plan for the old leader", err)
	lease := h.next()
	if planned := h.plan(lease, "", h.host1); !planned.Done {
		t.Errorf("planned %+v", planned)
	}
	h.ack(lease)
}

// Tasks that the scheduler declines wait with its reason. It is asked again when there is room.
func TestDeclinedServiceWaits(t *testing.T) {
	h := newLeaseHarness(t)
	h.serve(1, 2)
	lease := h.next()
	if planned := h.plan(lease, "not today", h.host1); !planned.Done || planned.Committed != 1 {
		t.Fatalf("planned %+v", planned)
	}
	h.ack(lease)
	snap, err := h.server.Control().Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := snap.Evaluation(lease.Evaluation.ID); e.Status != structs.EvaluationBlocked || e.Unplaced != 1 || e.Failures[0].Detail != "not today" {
		t.Errorf("evaluation %+v", e)
	}
	events := snap.ServiceEvents(lease.Job.ID).Events
	if !slices.ContainsFunc(events, func(e structs.ServiceEvent) bool { return strings.Contains(e.Message, "mine says: not today") }) {
		t.Errorf("events %+v", events)
	}
	host3 := h.join("host-3", 300)
	lease = h.next()
	if lease.Ask.Count != 1 || len(lease.Instances) != 3 {
		t.Errorf("lease %+v", lease)
	}
	h.plan(lease, "", host3)
	h.ack(lease)
}

// A service whose scheduler is away can still be scaled in and deleted. It goes to Gantry's own
// scheduler when it no longer names another.
func TestSchedulerAway(t *testing.T) {
	h := newLeaseHarness(t)
	h.serve(1, 2)
	lease := h.next()
	h.plan(lease, "", h.host1, h.host2)
	h.ack(lease)
	h.serve(2, 3) // nobody answers
	h.serve(3, 1)
	h.await("one task is asked to stop", func(tasks []*structs.Task) bool {
		return slices.ContainsFunc(tasks, func(t *structs.Task) bool { return t.DesiredStatus == structs.TaskStopped })
	})
	h.serve(4, 4, func(j *structs.Job) { j.Scheduler = "" })
	h.await("our own places two more, as far as there is room", func(tasks []*structs.Task) bool { return len(tasks) == 3 })
}

func TestLeaseRefusals(t *testing.T) {
	h := newLeaseHarness(t)
	for says, call := range map[string]func() error{
		"Invalid scheduler name": func() error { _, err := h.client.NextLease(t.Context(), "no name", 0); return err },
		"wait: must be from":     func() error { _, err := h.client.NextLease(t.Context(), "mine", time.Hour); return err },
		"the lease has ended":    func() error { return h.client.AckLease(t.Context(), "mine", "nosuch") },
		"capacity provider strategy": func() error {
			job := structs.Job{Cluster: "default", TaskDefinition: "web", Count: 1, Scheduler: "mine", CapacityStrategy: []structs.CapacityProviderStrategyItem{{}}}
			_, err := h.server.Control().RunTask(t.Context(), control.RunTaskInput{Job: job})
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
}
