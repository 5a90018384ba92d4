package control_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// A daemon's task leaves a draining instance after all others, however long one of them stays.
func TestDrainStopsDaemonsLast(t *testing.T) {
	h := newHarness(t)
	h.AddInstance(t, "default", 4096, 4096)
	h.create(control.CreateServiceInput{Name: "logs", Daemon: true, ServiceChange: control.ServiceChange{TaskDefinition: "app:1"}})
	h.Settle(t)
	web := h.tasks(h.deployments("web")[0].ID)
	drained := h.Store.Snapshot().Task(web[0]).Instance
	_, _, err := h.Control.ProtectTasks(t.Context(), control.ProtectTasksInput{Cluster: "default", Tasks: web, On: true, Minutes: 10})
	noError(t, err)
	_, _, err = h.Control.SetInstanceStatus(t.Context(), "default", []string{drained}, structs.InstanceDraining)
	noError(t, err)
	left := func() (jobs []string) {
		for task := range h.Store.Snapshot().InstanceTasks(drained) {
			if task.DesiredStatus == structs.TaskRunning {
				jobs = append(jobs, h.Store.Snapshot().Job(task.Job).Name)
			}
		}
		slices.Sort(jobs)
		return slices.Compact(jobs)
	}
	h.Settle(t)
	if got := left(); !slices.Equal(got, []string{"logs", "web"}) {
		t.Errorf("with protected tasks there, %v are left", got)
	}
	h.Advance(t, 11*time.Minute)
	h.RunPlaced(t)
	h.Advance(t, 2*time.Second)
	if got := left(); !slices.Equal(got, []string{"logs"}) {
		t.Errorf("while the last of the others stop, %v are left", got)
	}
	h.Settle(t)
	if got := left(); len(got) != 0 {
		t.Errorf("in the end %v are left", got)
	}
}
