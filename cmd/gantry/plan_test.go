package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// A plan shows where tasks go and why others find no place. Its exit status tells whether all have
// a place.
func TestPlan(t *testing.T) {
	plan := structs.Simulation{
		Summary: "losing zone a: 2 tasks move, 1 task finds no room (128 MiB of memory in all)",
		Total:   structs.SimulatedTasks{Before: 5, After: 4, Started: 2, Stopped: 3, Moved: 2, Unplaced: 1},
		Jobs: []structs.SimulatedJob{{
			ID: "j1", Name: "web", Type: "service", TaskDefinition: "web:3",
			SimulatedTasks: structs.SimulatedTasks{Before: 5, After: 4, Started: 2, Stopped: 3, Moved: 2, Unplaced: 1},
			Instances: []structs.SimulatedPlace{
				{Instance: "i1", Name: "host-1", Zone: "a", Before: 3, Stopped: 3}, {Instance: "i2", Name: "host-2", Zone: "b", Before: 2, After: 4, Started: 2},
			},
			Filtered: []structs.FilterCount{{Reason: structs.FailMemory, Instances: 1}},
			Failures: []structs.PlacementFailure{{Instance: "i2", Reason: structs.FailMemory, Detail: "100 MiB short"}}, Remedy: "100 MiB more memory on i2",
		}},
		Instances: []structs.SimulatedInstance{
			{ID: "i1", Name: "host-1", Zone: "a", Status: structs.InstanceInactive, Before: 3},
			{ID: "i2", Name: "host-2", Zone: "b", Status: structs.InstanceActive, Before: 2, After: 4, Free: structs.Resources{CPU: 7, Memory: 28}},
		},
	}
	address := answering(t, map[string]any{"/v1/simulate": plan})
	out, err := gantry(t, "plan", "--lose-zone", "a", "--address", address)
	if !errors.Is(err, exitUnplaced) {
		t.Errorf("ends with %v, want %v", err, exitUnplaced)
	}
	says(t, out, "Losing zone a: 2 tasks move", "service web", "host-2 (i2)", "2 → 4", "+2", "3 → 0", "-3", "1 task of service web would find no place",
		"RESOURCE:MEMORY", "100 MiB short", "100 MiB more memory on i2", "gone", "28")

	plan.Total.Unplaced = 0
	address = answering(t, map[string]any{"/v1/simulate": plan})
	out, err = gantry(t, "plan", "--lose-zone", "a", "--address", address, "-o", "json")
	var back structs.Simulation
	if err != nil || json.Unmarshal([]byte(out), &back) != nil || back.Summary != plan.Summary {
		t.Errorf("%v: as JSON: %s", err, out)
	}
	if _, err := gantry(t, "plan", "--job", "nosuch.yaml", "--address", address); err == nil || !strings.Contains(err.Error(), "nosuch.yaml") {
		t.Errorf("a job file that is not there: %v", err)
	}
	if _, err := gantry(t, "plan", "--like", "host-1", "--address", address); err == nil {
		t.Error("--like without --add is overlooked")
	}
}
