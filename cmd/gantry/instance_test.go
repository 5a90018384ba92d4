package main

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestTroubleIsShown: the row of an instance has what keeps it from starting tasks, and so have the
// rows of the tasks that wait for it.
func TestTroubleIsShown(t *testing.T) {
	engine := structs.RuntimeHealth{Status: structs.HealthImpaired, Reason: "it has not answered for 4s"}
	list := structs.InstanceList{}
	for _, i := range []structs.ContainerInstance{
		{ID: "fine", AgentConnected: true},
		{ID: "gone"},
		{ID: "stuck", AgentConnected: true, Runtime: engine},
		{ID: "shaky", AgentConnected: true, Losses: 3, HeldUntil: 1_700_000_010_000},
		{ID: "alone", AgentConnected: true, Network: structs.InstanceNetwork{Block: "10.213.7.0/24", Problem: "there is no VXLAN"}},
	} {
		i.Status = structs.InstanceActive
		list.Instances = append(list.Instances, structs.InstanceUsage{ContainerInstance: &i, Usage: &structs.Usage{}})
	}
	out, err := gantry(t, "instance", "ls", "--address", answering(t, map[string]any{"/v1/instances": list}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"TROUBLE", "no server hears the agent", "the container engine is IMPAIRED: it has not answered for 4s",
		"10.213.7.0/24", "no awsvpc tasks: there is no VXLAN", "the instance was lost 3 times in a row and takes no work until 2023-11-14T22:13:30Z",
	} {
		says(t, out, want)
	}

	detail := webDetail(func(d *structs.JobDetail) {
		d.Tasks[0].LastStatus, d.Tasks[0].Instance = structs.TaskPending, "stuck"
		d.Troubles = map[string]string{"stuck": list.Instances[2].Trouble()}
	})
	out, err = gantry(t, "job", "status", "web", "--address", answering(t, map[string]any{"/v1/jobs/web": detail}))
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "the container engine is IMPAIRED: it has not answered for 4s")
}
