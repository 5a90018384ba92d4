package ecs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// health returns the health of the instance, as DescribeContainerInstances shows it.
func (f *fixture) health(t *testing.T, include string) (text string) {
	t.Helper()
	w := ask(t, f.door(t), "DescribeContainerInstances", fmt.Sprintf(`{"containerInstances": [%q], "include": [%s]}`, f.instance.ID, include))
	var out struct{ ContainerInstances []ContainerInstance }
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || len(out.ContainerInstances) != 1 {
		t.Fatalf("%v: %s", err, w.Body)
	}
	h := out.ContainerInstances[0].HealthStatus
	if h == nil {
		return "nothing"
	}
	text = h.OverallStatus
	for _, d := range h.Details {
		text += fmt.Sprintf(", %s %s %s", d.Type, d.Status, d.StatusReason)
		if d.Status != structs.HealthInsufficientData && (d.LastStatusChange == 0 || d.LastUpdated < d.LastStatusChange) {
			t.Errorf("%s of %s: changed at %d, updated at %d", d.Status, d.Type, d.LastStatusChange, d.LastUpdated)
		}
	}
	return text
}

func (f *fixture) expectHealth(t *testing.T, want string) {
	t.Helper()
	if got := strings.TrimSpace(f.health(t, `"CONTAINER_INSTANCE_HEALTH"`)); got != want {
		t.Errorf("the health is %q, want %q", got, want)
	}
}

// reportRuntime reports the health of the instance's container engine.
func (f *fixture) reportRuntime(t *testing.T, status, reason string) {
	t.Helper()
	if err := f.Control.ReportRuntime(t.Context(), f.instance.ID, structs.RuntimeHealth{Status: status, Reason: reason}); err != nil {
		t.Fatal(err)
	}
}

// setAgentConnected records whether a server hears the agent of the instance.
func (f *fixture) setAgentConnected(t *testing.T, connected bool) {
	t.Helper()
	f.MustApply(t, structs.SetAgentConnected{Instances: []string{f.instance.ID}, Connected: connected, At: 1_800_000_000_000})
}

// TestInstanceHealth checks that each part has its status and times, that the whole has the worst
// of them, and that nothing is shown unless asked for.
func TestInstanceHealth(t *testing.T) {
	f := newFixture(t)
	if got := f.health(t, ""); got != "nothing" {
		t.Errorf("without asking: %s", got)
	}
	f.expectHealth(t, "INSUFFICIENT_DATA, CONTAINER_RUNTIME INSUFFICIENT_DATA , AGENT_CONNECTIVITY OK")
	f.reportRuntime(t, structs.HealthOK, "")
	f.expectHealth(t, "OK, CONTAINER_RUNTIME OK , AGENT_CONNECTIVITY OK")
	version := f.Store.Snapshot().Instance(f.instance.ID).Version
	f.reportRuntime(t, structs.HealthOK, "")
	if now := f.Store.Snapshot().Instance(f.instance.ID).Version; now != version {
		t.Error("a report without news changed the instance")
	}
	f.reportRuntime(t, structs.HealthImpaired, "it has not answered for 4s")
	f.expectHealth(t, "IMPAIRED, CONTAINER_RUNTIME IMPAIRED it has not answered for 4s, AGENT_CONNECTIVITY OK")
	f.reportRuntime(t, structs.HealthOK, "")
	f.setAgentConnected(t, false)
	f.expectHealth(t, "IMPAIRED, CONTAINER_RUNTIME OK , AGENT_CONNECTIVITY IMPAIRED no server hears the agent")
}

// An instance that cannot start tasks gets none, and the failure says why.
func TestImpairedInstanceGetsNoTasks(t *testing.T) {
	f := newFixture(t)
	start := fmt.Sprintf(`{"containerInstances": [%q], "taskDefinition": "hello"}`, f.instance.ID)
	f.setAgentConnected(t, false)
	if w := ask(t, f.door(t), "StartTask", start); !strings.Contains(w.Body.String(), `"reason":"AGENT"`) {
		t.Errorf("started where the agent is not heard: %s", w.Body)
	}
	f.setAgentConnected(t, true)
	f.reportRuntime(t, structs.HealthImpaired, "it has not answered for 4s")
	for operation, body := range map[string]string{"StartTask": start, "RunTask": `{"taskDefinition": "hello"}`} {
		got := ask(t, f.door(t), operation, body).Body.String()
		if !strings.Contains(got, `"reason":"CONTAINER_RUNTIME"`) || !strings.Contains(got, "it has not answered for 4s") {
			t.Errorf("%s on an engine that does not answer: %s", operation, got)
		}
	}
}

func TestReportRuntimeIsChecked(t *testing.T) {
	f := newFixture(t)
	if err := f.Control.ReportRuntime(t.Context(), "gone", structs.RuntimeHealth{Status: structs.HealthOK}); structs.KindOf(err) != structs.KindResourceNotFound {
		t.Errorf("for an instance that is not there: %v", err)
	}
	if err := f.Control.ReportRuntime(t.Context(), f.instance.ID, structs.RuntimeHealth{Status: "FINE"}); structs.KindOf(err) != structs.KindInvalidParameter {
		t.Errorf("for a status that does not exist: %v", err)
	}
}
