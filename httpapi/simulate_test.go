package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// The loss of the instance that runs the only task is simulated, and does not happen.
func TestSimulate(t *testing.T) {
	f := newFixture(t)
	out, err := f.client.Simulate(t.Context(), structs.Scenario{Lose: []string{f.instance.Name}})
	if err != nil {
		t.Fatal(err)
	}
	if out.Summary != "losing instance host-1: 1 task stops" || len(out.Jobs) != 1 || out.Jobs[0].ID != f.task.Job || out.Jobs[0].Instances[0].Instance != f.instance.ID {
		t.Errorf("simulation: %+v", out)
	}
	if task := f.Store.Snapshot().Task(f.task.ID); !task.Holds() || f.Store.Snapshot().Instance(f.instance.ID).Status != structs.InstanceActive {
		t.Error("it happened")
	}
}

// A job file is tried together with the rest of the scenario, and leaves no trace.
func TestSimulateJob(t *testing.T) {
	f := newFixture(t)
	file := "name: web\ncount: 3\ncontainers:\n  - name: c\n    image: i\n    memory: 2000\n"
	for name, job := range map[string]any{
		"text": file,
		"JSON": map[string]any{"name": "web", "count": 3, "containers": []any{map[string]any{"name": "c", "image": "i", "memory": 2000}}},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := json.Marshal(job)
			if err != nil {
				t.Fatal(err)
			}
			out, err := f.client.Simulate(t.Context(), structs.Scenario{Job: raw})
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Jobs) != 1 || out.Jobs[0].Name != "web" || out.Total.Started != 2 || out.Total.Unplaced != 1 || !strings.HasPrefix(out.Summary, "running job web: 2 tasks start, 1 task finds no room") {
				t.Errorf("simulation: %+v", out)
			}
			out, err = f.client.Simulate(t.Context(), structs.Scenario{Job: raw, Add: []structs.AddedInstances{{Count: 1, CPU: 1024, Memory: 2000}}})
			if err != nil || out.Total.Started != 3 || out.Total.Unplaced != 0 {
				t.Errorf("with an instance more: %v, %+v", err, out.Total)
			}
		})
	}
	if f.Store.Snapshot().Service("default", "web") != nil {
		t.Error("the job was run")
	}
	raw, _ := json.Marshal(strings.Replace(file, "image", "imagine", 1))
	if _, err := f.client.Simulate(t.Context(), structs.Scenario{Job: raw}); err == nil || !strings.Contains(err.Error(), "job: ") || !strings.Contains(err.Error(), "imagine") {
		t.Errorf("a mistake in the file is told as %v", err)
	}
	raw, _ = json.Marshal(file)
	if _, err := f.client.Simulate(t.Context(), structs.Scenario{Cluster: "other", Job: raw}); err == nil || !strings.Contains(err.Error(), "cluster: ") {
		t.Errorf("a job of another cluster: %v", err)
	}
}

// Each mistake is reported with its field and what to do.
func TestSimulateRefusals(t *testing.T) {
	f := newFixture(t)
	f.AddInstance(t, "default", 512, 512) // a second one named host-1
	for says, in := range map[string]structs.Scenario{
		"the scenario is empty":                     {},
		"Cluster not found":                         {Cluster: "nosuch"},
		`drain: cluster default has no`:             {Drain: []string{"nosuch"}},
		"lose: 2 container instances have the name": {Lose: []string{"host-1"}},
		"its zones are: a":                          {LoseZones: []string{"z"}},
		"add[0].count":                              {Add: []structs.AddedInstances{{Count: 0, CPU: 1, Memory: 1}}},
		"add[1].count":                              {Add: []structs.AddedInstances{{Count: 9_999, CPU: 1, Memory: 1}, {Count: 2, CPU: 1, Memory: 1}}},
		"add[0]: give like":                         {Add: []structs.AddedInstances{{Count: 1, CPU: 1}}},
		"add[0].like: cluster default has no":       {Add: []structs.AddedInstances{{Count: 1, Like: "nosuch"}}},
	} {
		if _, err := f.client.Simulate(t.Context(), in); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v; want %q", in, err, says)
		}
	}
	body := strings.NewReader(`{"loseZone": ["a"]}`)
	resp, err := http.Post(f.url+"/v1/simulate", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a mistyped member is answered %s", resp.Status)
	}
}
