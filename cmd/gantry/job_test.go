package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

func jobFileOf(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func webDetail(change func(*structs.JobDetail)) structs.JobDetail {
	created := structs.TimeOf(time.Now().Add(-3 * time.Hour))
	d := structs.JobDetail{
		Job: structs.JobSummary{
			Job:     &structs.Job{ID: "j1", Name: "web", Cluster: "default", Type: "service", Status: "ACTIVE", Version: 2, Count: 2, TaskDefinition: "web:2", CreatedAt: created},
			Running: 2, Rollout: structs.RolloutCompleted,
		},
		Deployments: []*structs.Deployment{{ID: "ecs-svc/2", Status: "PRIMARY", Rollout: "COMPLETED", TaskDefinition: "web:2", CreatedAt: created}},
		Tasks:       []*structs.Task{{ID: "t1", StartedBy: "ecs-svc/2", TaskDefinition: "web:2", LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning, CreatedAt: created}},
		Events:      []structs.ServiceEvent{{At: created, Message: "(service web) has reached a steady state."}},
	}
	change(&d)
	return d
}

func TestJobRunWaits(t *testing.T) {
	put := structs.JobPut{Result: "updated", ID: "j1", Name: "web", Cluster: "default", Version: 2, TaskDefinition: "web:2", Deployment: "ecs-svc/2", Evaluation: "e1"}
	for name, test := range map[string]struct {
		detail structs.JobDetail
		fails  string // empty: it arrives
		says   []string
	}{
		"up": {webDetail(func(*structs.JobDetail) {}), "", []string{"Job web in cluster default is updated: version 2", "2 of 2 running, deployment COMPLETED"}},
		"failed": {webDetail(func(d *structs.JobDetail) {
			d.Deployments[0].Rollout, d.Deployments[0].RolloutReason, d.Deployments[0].FailedTasks = "FAILED", "tasks failed to start.", 3
			d.Tasks[0].LastStatus, d.Tasks[0].StoppedReason = structs.TaskStopped, "Essential container in task exited"
			d.Tasks[0].Containers = []structs.Container{{Name: "app", ExitCode: new(int32(7))}}
		}), "the deployment of job web failed: tasks failed to start; the last one: Essential container in task exited (app: exit code 7)", []string{"3 failed tasks"}},
		"stopped": {webDetail(func(d *structs.JobDetail) { d.Job.Status = "DRAINING" }), "job web was stopped in the meantime", nil},
		"changed": {webDetail(func(d *structs.JobDetail) { d.Job.Version = 3 }), "it is at version 3, this was version 2", nil},
		"not decided": {webDetail(func(d *structs.JobDetail) {
			d.Evaluations = []*structs.Evaluation{{ID: "e1", Status: structs.EvaluationReady}}
		}), "not up after", nil},
		"not healthy": {webDetail(func(d *structs.JobDetail) { d.Job.Unhealthy = 1 }), "not up after", nil},
		"others not gone": {webDetail(func(d *structs.JobDetail) {
			d.Deployments = append(d.Deployments, &structs.Deployment{ID: "ecs-svc/1", Status: "ACTIVE"})
		}), "not up after", nil},
		"a daemon that others keep": {webDetail(func(d *structs.JobDetail) {
			d.Job.Type, d.Job.Running = structs.JobDaemon, 3
			d.Deployments = append(d.Deployments, &structs.Deployment{ID: "ecs-svc/1", Status: "ACTIVE"})
		}), "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			put := put
			put.Type = test.detail.Job.Type
			address := answering(t, map[string]any{"/v1/jobs": put, "/v1/jobs/j1": test.detail})
			timeout := "1m"
			if strings.HasPrefix(test.fails, "not up") {
				timeout = "1ms"
			}
			out, err := gantry(t, "job", "run", "--wait", "--timeout", timeout, jobFileOf(t, "name: web"), "--address", address)
			if test.fails == "" && err != nil {
				t.Errorf("it failed: %v", err)
			}
			if test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)) {
				t.Errorf("got %v, want %s", err, test.fails)
			}
			says(t, out, test.says...)
		})
	}
}

func TestJobRunWaitsForABatchJob(t *testing.T) {
	put := structs.JobPut{Result: "created", ID: "j1", Name: "report", Cluster: "default", Type: structs.JobBatch, Version: 1}
	for status, test := range map[string]struct {
		counts structs.BatchCounts
		fails  string
		says   string
	}{
		structs.BatchSucceeded: {structs.BatchCounts{Succeeded: 3}, "", "3 of 3 succeeded"},
		structs.BatchFailed:    {structs.BatchCounts{Succeeded: 1, Failed: 2}, "job report failed: 1 of 3 succeeded, 2 failed; the last one: Essential container in task exited (app: exit code 7)", "2 failed"},
		structs.BatchStopped:   {structs.BatchCounts{Active: 1, Waiting: 2}, "job report was stopped in the meantime", "0 of 3 succeeded, 1 under way, 2 waiting"},
	} {
		ended := func(id string, code int32) *structs.Task {
			return &structs.Task{
				ID: id, LastStatus: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited, StoppedReason: structs.ReasonEssentialContainerExited,
				Containers: []structs.Container{{Name: "app", ExitCode: &code}},
			}
		}
		detail := structs.JobDetail{
			Job:   structs.JobSummary{Job: &structs.Job{ID: "j1", Name: "report", Type: structs.JobBatch, Status: status, Count: 3}, Batch: &test.counts},
			Tasks: []*structs.Task{ended("t2", 0), ended("t1", 7)},
		}
		out, err := gantry(t, "job", "run", "--wait", jobFileOf(t, ""), "--address", answering(t, map[string]any{"/v1/jobs": put, "/v1/jobs/j1": detail}))
		if test.fails == "" && err != nil || test.fails != "" && (err == nil || err.Error() != test.fails) {
			t.Errorf("%s: got %v, want %s", status, err, test.fails)
		}
		says(t, out, test.says)
	}
}

func TestProgressSaysWhyTasksFindNoPlace(t *testing.T) {
	detail := webDetail(func(d *structs.JobDetail) {
		d.Job.Running, d.Job.Unplaced = 1, 1
		d.Evaluations = []*structs.Evaluation{{ID: "e2", Status: structs.EvaluationBlocked, Unplaced: 1, Remedy: "more memory", Failures: []structs.PlacementFailure{{Reason: structs.FailMemory}}}}
	})
	says(t, progress(&detail, structs.JobPut{}), "1 of 2 running, 1 task without a place (not enough memory is left); would help: more memory")
}

func TestProgressSaysThatTasksAreNotHealthyYet(t *testing.T) {
	detail := webDetail(func(d *structs.JobDetail) { d.Job.Unhealthy = 1 })
	says(t, progress(&detail, structs.JobPut{}), "2 of 2 running, 1 of them not healthy yet")
}

func TestJobRunPrints(t *testing.T) {
	put := structs.JobPut{Result: "unchanged", ID: "j1", Name: "web", Cluster: "default", Version: 2, TaskDefinition: "web:2"}
	address := answering(t, map[string]any{"/v1/jobs": put})
	file := jobFileOf(t, "name: web")
	out, err := gantry(t, "job", "run", file, "--address", address)
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "Job web in cluster default is unchanged: version 2, task definition web:2.")
	out, err = gantry(t, "job", "run", file, "--address", address, "-o", "json")
	var back structs.JobPut
	if err != nil || json.Unmarshal([]byte(out), &back) != nil || back.ID != "j1" {
		t.Errorf("%v: as JSON: %s", err, out)
	}
	_, err = gantry(t, "job", "run", "nosuch.yaml", "--address", address)
	if err == nil {
		t.Fatal("a file that is not there can be run")
	}
	says(t, err.Error(), "read the job file", "nosuch.yaml")
}

func TestJobPlan(t *testing.T) {
	plan := structs.JobPlan{
		Result: "updated", Name: "web", Cluster: "default", Version: 3, TaskDefinition: "web:3", Replaces: true,
		Changes: []structs.FieldChange{{Field: "count", From: "1", To: "2"}, {Field: "tags[a].value", To: `"b"`}, {Field: "cpu", From: `"64"`}},
	}
	out, err := gantry(t, "job", "plan", jobFileOf(t, ""), "--address", answering(t, map[string]any{"/v1/jobs/plan": plan}))
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "would be updated: version 3", "~ count           1 -> 2", `+ tags[a].value   "b"`, `- cpu             "64"`, "A deployment would replace its tasks.")
}

func TestJobStatus(t *testing.T) {
	detail := webDetail(func(d *structs.JobDetail) {
		d.Job.Unplaced = 1
		d.Evaluations = []*structs.Evaluation{{Unplaced: 1, Remedy: "more memory"}}
		for range 7 {
			d.Tasks = append(d.Tasks, &structs.Task{ID: "gone", LastStatus: structs.TaskStopped, StoppedReason: strings.Repeat("very ", 50) + "long"})
		}
	})
	address := answering(t, map[string]any{"/v1/jobs": structs.JobList{Jobs: []structs.JobSummary{detail.Job}}, "/v1/jobs/web": detail})
	out, err := gantry(t, "job", "status", "--address", address)
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "JOB", "web", "ACTIVE", "COMPLETED", "2/2", "web:2", "3h")
	out, err = gantry(t, "job", "status", "web", "--address", address)
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "Service web in cluster default: ACTIVE, version 2", "1 task without a place; would help: more memory", "gantry eval ls --job j1",
		"ecs-svc/2", "t1", "has reached a steady state", "very…", "and 2 more that have stopped")
	_, err = gantry(t, "job", "status", "nosuch", "--address", address)
	if err == nil {
		t.Fatal("there is a job nosuch")
	}
	says(t, err.Error(), "gantry job status --all")
}
