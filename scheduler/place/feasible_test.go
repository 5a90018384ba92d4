package place

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestFeasible: a daemon belongs on an instance regardless of free resources, and its own task
// there does not exclude the instance.
func TestFeasible(t *testing.T) {
	job := &structs.Job{
		ID: "daemon", Cluster: "default", Type: structs.JobDaemon, Group: "service:d",
		PlacementConstraints: []structs.PlacementConstraint{
			{Type: "memberOf", Expression: "not (task:group == service:d) and not (task:group == databases)"}, {Type: "distinctInstance"},
		},
	}
	def := &structs.TaskDefinition{
		PlacementConstraints: []structs.TaskDefinitionPlacementConstraint{{Type: "memberOf", Expression: "attribute:disk exists"}},
		RuntimePlatform:      &structs.RuntimePlatform{CpuArchitecture: "ARM64"},
	}
	store := state.New()
	err := store.Update(1, func(tx *state.Tx) error {
		for id, change := range map[string]func(*structs.ContainerInstance){
			"1-fine":     func(*structs.ContainerInstance) {},
			"2-full":     func(i *structs.ContainerInstance) { i.Registered = structs.Resources{} },
			"3-has-one":  func(*structs.ContainerInstance) {},
			"4-lost":     func(i *structs.ContainerInstance) { i.AgentConnected = false },
			"4-engine":   func(i *structs.ContainerInstance) { i.Runtime.Status = structs.HealthImpaired },
			"4-held":     func(i *structs.ContainerInstance) { i.HeldUntil = 1 },
			"5-draining": func(i *structs.ContainerInstance) { i.Status = structs.InstanceDraining },
			"6-diskless": func(i *structs.ContainerInstance) { i.Attributes = i.Attributes[:1] },
			"7-intel":    func(i *structs.ContainerInstance) { i.Attributes[0].Value = "x86_64" },
			"8-database": func(*structs.ContainerInstance) {},
			"9-other":    func(i *structs.ContainerInstance) { i.Cluster = "other" },
		} {
			i := &structs.ContainerInstance{
				ID: id, Cluster: "default", Status: structs.InstanceActive, AgentConnected: true, Registered: structs.Resources{CPU: 100, Memory: 100},
				Attributes: []structs.Attribute{{Name: "ecs.cpu-architecture", Value: "arm64"}, {Name: "disk"}},
			}
			change(i)
			tx.PutInstance(i)
		}
		for instance, group := range map[string]string{"3-has-one": "service:d", "8-database": "databases"} {
			task := &structs.Task{ID: instance, Instance: instance, Group: group, LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning}
			if group == job.Group {
				task.Job = job.ID
			}
			tx.PutTask(task)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range Feasible(&Request{View: store.Snapshot(), Job: job, Definition: def}) {
		got = append(got, i.ID)
	}
	if want := []string{"1-fine", "2-full", "3-has-one"}; !slices.Equal(got, want) {
		t.Errorf("feasible: %v, want %v", got, want)
	}
}
