package control_test

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// A service that a circuit breaker takes back has the host names of the version that comes back.
func TestRollbackBringsBackTheHosts(t *testing.T) {
	n := newDeployNode(t)
	deploy(t, n, structs.Deploy{Name: "web", Image: "app:1", Hosts: []string{"a.example.org"}})
	n.Settle(t)
	host := func() string {
		return n.Store.Snapshot().ListenerRule(structs.ExposedRule("deploy/default/web")).Conditions[0].Values[0]
	}
	deploy(t, n, structs.Deploy{Name: "web", Image: "app:2", Hosts: []string{"b.example.org"}})
	if host() != "b.example.org" {
		t.Fatalf("requests for %s", host())
	}
	for range 10 { // the new tasks fail until the breaker has seen enough
		snap := n.Store.Snapshot()
		for task := range snap.JobTasks(snap.Service("default", "web").ID) {
			if task.TaskDefinition == "web:2" && task.DesiredStatus == structs.TaskRunning && task.LastStatus < structs.TaskRunning {
				n.Fail(t, task.ID)
			}
		}
		n.Advance(t, 300_000_000_000)
	}
	if job := n.Store.Snapshot().Service("default", "web"); job.TaskDefinition != "web:1" {
		t.Fatalf("the service was not taken back: it runs %s", job.TaskDefinition)
	}
	if host() != "a.example.org" {
		t.Errorf("after the rollback requests for %s", host())
	}
}

// The expose of a job file maps the port of a container that does not do so itself, and the same
// file again changes nothing. Without expose the rule goes.
func TestExposeInAJobFile(t *testing.T) {
	n := newDeployNode(t)
	spec := func(e *structs.Expose) *structs.JobSpec {
		s := structs.NewJobSpec(structs.JobService)
		s.Name, s.Expose, s.Containers = "site", e, []structs.ContainerDefinition{container("side"), container("app")}
		return s
	}
	exposed := &structs.Expose{Port: 8080, Container: "app", Hosts: []string{"Site.example.org"}, Path: "/x/"}
	put, err := n.Control.PutJob(t.Context(), spec(exposed), "")
	noError(t, err)
	if len(put.URLs) != 1 || put.URLs[0] != "https://site.example.org/x" {
		t.Errorf("the URLs are %v", put.URLs)
	}
	app := definitionOf(n, "site").ContainerDefinitions[1]
	if len(app.PortMappings) != 1 || *app.PortMappings[0].ContainerPort != 8080 {
		t.Errorf("the container maps %+v", app.PortMappings)
	}
	again, err := n.Control.PutJob(t.Context(), spec(exposed), "")
	noError(t, err)
	if again.Result != structs.JobUnchanged {
		t.Errorf("the same file: %+v", again)
	}
	plan, err := n.Control.PlanJob(t.Context(), spec(nil))
	noError(t, err)
	if plan.Result != structs.JobUpdated || !plan.Replaces {
		t.Errorf("the plan without expose is %+v", plan)
	}
	rule := structs.ExposedRule("deploy/default/site")
	if n.Store.Snapshot().ListenerRule(rule) == nil {
		t.Error("a plan removed the rule")
	}
	_, err = n.Control.PutJob(t.Context(), spec(nil), "")
	noError(t, err)
	if n.Store.Snapshot().ListenerRule(rule) != nil || n.Store.Snapshot().Service("default", "site").Service.LoadBalancers != nil {
		t.Error("a service without expose is exposed")
	}
	_, err = n.Control.PutJob(t.Context(), spec(&structs.Expose{Port: 80, Container: "nosuch"}), "")
	expectError(t, err, structs.KindInvalidParameter, `expose.container: there is no container "nosuch"`)
}
