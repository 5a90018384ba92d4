package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// gantry runs a command line in this process, and returns what it printed.
func gantry(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err := execute(t.Context(), root)
	return out.String(), err
}

// answering returns the address of a server that has these answers, by path. It answers every other
// path with ResourceNotFound.
func answering(t *testing.T, answers map[string]any) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, known := answers[r.URL.Path]
		if !known {
			w.WriteHeader(http.StatusNotFound)
			answer = map[string]any{"error": map[string]string{"code": "ResourceNotFound", "message": "there is no " + r.URL.Path}}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func says(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("says nothing of %q:\n%s", want, text)
		}
	}
}

// Errors of calls say what to do about them.
func TestNoAnswer(t *testing.T) {
	t.Setenv("GANTRY_ADDR", "127.0.0.1:1")
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"nobody there":   {[]string{"eval", "ls"}, []string{"http://127.0.0.1:1", "gantry dev", "--address", "GANTRY_ADDR"}},
		"no address":     {[]string{"task", "ls", "--address", "ftp://x"}, []string{"--address", "ftp://x", "http://127.0.0.1:5747"}},
		"unknown output": {[]string{"instance", "ls", "-o", "xml"}, []string{"--output", "xml"}},
		"unknown id":     {[]string{"eval", "explain", "x", "--address", answering(t, nil)}, []string{"/v1/evaluations/x", "gantry eval ls"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := gantry(t, test.args...)
			if err == nil {
				t.Fatalf("no error, but %s", out)
			}
			says(t, err.Error(), test.says...)
		})
	}
}

func TestEvalExplain(t *testing.T) {
	eval := structs.Evaluation{
		ID: "e1", Cluster: "web", Job: "j1", Because: structs.BecauseJobRegistered, Status: structs.EvaluationDone, CreatedAt: structs.TimeOf(time.Now().Add(-90 * time.Second)),
		Unplaced: 2, Remedy: "free 100 MiB of memory on host-1",
		Failures: []structs.PlacementFailure{{Instance: "i1", Reason: structs.FailMemory, Detail: "100 MiB short"}, {Instance: "i2", Reason: structs.FailAgent}},
		Filtered: []structs.FilterCount{{Reason: structs.FailMemory, Instances: 3}, {Reason: structs.FailAgent, Instances: 1}},
	}
	address := answering(t, map[string]any{
		"/v1/evaluations/e1": eval,
		"/v1/instances":      structs.InstanceList{Instances: []structs.InstanceUsage{{ContainerInstance: &structs.ContainerInstance{ID: "i1", Name: "host-1"}}}},
	})
	out, err := gantry(t, "eval", "explain", "e1", "--address", address)
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "2 tasks found no place", "1m ago", "3 instances   RESOURCE:MEMORY", "1 instance    AGENT", "host-1 (i1)", "100 MiB short", "i2", "not connected", eval.Remedy)

	out, err = gantry(t, "eval", "explain", "e1", "--address", address, "-o", "json")
	var back structs.Evaluation
	if err != nil || json.Unmarshal([]byte(out), &back) != nil || back.Remedy != eval.Remedy || len(back.Filtered) != 2 {
		t.Errorf("%v: as JSON: %s", err, out)
	}
}

func TestVerdict(t *testing.T) {
	now := time.Now()
	for want, eval := range map[string]structs.Evaluation{
		"every task has a place":     {Status: structs.EvaluationDone},
		"not decided yet":            {Status: structs.EvaluationReady},
		"to be decided in 30s":       {Status: structs.EvaluationReady, WaitUntil: structs.TimeOf(now.Add(30 * time.Second))},
		"1 task found no place":      {Status: structs.EvaluationDone, Unplaced: 1},
		"they start by themselves":   {Status: structs.EvaluationBlocked, Unplaced: 2},
		"2 tasks found no place; th": {Status: structs.EvaluationBlocked, Unplaced: 2},
	} {
		says(t, verdict(eval, now), want)
	}
}

func TestTables(t *testing.T) {
	created := structs.TimeOf(time.Now().Add(-3 * time.Hour))
	address := answering(t, map[string]any{
		"/v1/evaluations": structs.EvaluationList{Evaluations: []*structs.Evaluation{{ID: "e1", Status: "blocked", Unplaced: 4, CreatedAt: created}}},
		"/v1/instances": structs.InstanceList{Instances: []structs.InstanceUsage{{
			ContainerInstance: &structs.ContainerInstance{ID: "i1", Name: "host-1", Status: "DRAINING", Registered: structs.Resources{CPU: 2048, Memory: 4096}},
			Usage:             &structs.Usage{CPU: 48, Memory: 96, Running: 5},
		}}},
		"/v1/tasks": structs.TaskList{Tasks: []*structs.Task{{
			ID: "t1", TaskDefinition: "web:3", LastStatus: structs.TaskStopped, DesiredStatus: structs.TaskStopped, CreatedAt: created, StoppedReason: "seen enough",
		}}},
	})
	for noun, wanted := range map[string][]string{
		"eval":     {"EVALUATION", "e1", "blocked", "4", "3h"},
		"instance": {"INSTANCE", "i1", "host-1", "DRAINING", "disconnected", "2000 of 2048", "4000 of 4096"},
		"task":     {"TASK", "t1", "web:3", "STOPPED", "3h", "seen enough"},
	} {
		out, err := gantry(t, noun, "ls", "--address", address)
		if err != nil {
			t.Errorf("%s ls: %v", noun, err)
		}
		says(t, out, wanted...)
	}
}
