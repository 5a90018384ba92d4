package ecs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestInstanceHealth: each part with its status and times, and the worst of them for the whole;
// nothing where it is not asked for.
func TestInstanceHealth(t *testing.T) {
	f := newFixture(t)
	shown := func(include string) (text string) {
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
	expect := func(want string) {
		t.Helper()
		if got := strings.TrimSpace(shown(`"CONTAINER_INSTANCE_HEALTH"`)); got != want {
			t.Errorf("the health is %q, want %q", got, want)
		}
	}
	report := func(status, reason string) {
		t.Helper()
		if err := f.Control.ReportRuntime(t.Context(), f.instance.ID, structs.RuntimeHealth{Status: status, Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
	if got := shown(""); got != "nothing" {
		t.Errorf("without asking: %s", got)
	}
	expect("INSUFFICIENT_DATA, CONTAINER_RUNTIME INSUFFICIENT_DATA , AGENT_CONNECTIVITY OK")
	report(structs.HealthOK, "")
	expect("OK, CONTAINER_RUNTIME OK , AGENT_CONNECTIVITY OK")
	version := f.Store.Snapshot().Instance(f.instance.ID).Version
	report(structs.HealthOK, "")
	if now := f.Store.Snapshot().Instance(f.instance.ID).Version; now != version {
		t.Error("a report without news changed the instance")
	}
	report(structs.HealthImpaired, "it has not answered for 4s")
	expect("IMPAIRED, CONTAINER_RUNTIME IMPAIRED it has not answered for 4s, AGENT_CONNECTIVITY OK")
	report(structs.HealthOK, "")
	f.MustApply(t, structs.SetAgentConnected{Instances: []string{f.instance.ID}, At: 1_800_000_000_000})
	expect("IMPAIRED, CONTAINER_RUNTIME OK , AGENT_CONNECTIVITY IMPAIRED no server hears the agent")

	w := ask(t, f.door(t), "StartTask", fmt.Sprintf(`{"containerInstances": [%q], "taskDefinition": "hello"}`, f.instance.ID))
	if !strings.Contains(w.Body.String(), `"reason":"AGENT"`) {
		t.Errorf("started where the agent is not heard: %s", w.Body)
	}
	f.MustApply(t, structs.SetAgentConnected{Instances: []string{f.instance.ID}, Connected: true, At: 1_800_000_000_001})
	report(structs.HealthImpaired, "it has not answered for 4s")
	for _, call := range []string{fmt.Sprintf(`StartTask {"containerInstances": [%q], "taskDefinition": "hello"}`, f.instance.ID), `RunTask {"taskDefinition": "hello"}`} {
		operation, body, _ := strings.Cut(call, " ")
		if w := ask(t, f.door(t), operation, body); !strings.Contains(w.Body.String(), `"reason":"CONTAINER_RUNTIME"`) ||
			!strings.Contains(w.Body.String(), "it has not answered for 4s") {
			t.Errorf("%s on an engine that does not answer: %s", operation, w.Body)
		}
	}
	if err := f.Control.ReportRuntime(t.Context(), "gone", structs.RuntimeHealth{Status: structs.HealthOK}); structs.KindOf(err) != structs.KindResourceNotFound {
		t.Errorf("of an instance that is not there: %v", err)
	}
	if err := f.Control.ReportRuntime(t.Context(), f.instance.ID, structs.RuntimeHealth{Status: "FINE"}); structs.KindOf(err) != structs.KindInvalidParameter {
		t.Errorf("of a status that there is not: %v", err)
	}
}
