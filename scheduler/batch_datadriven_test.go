package scheduler

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestBatches runs the files in testdata/batch. Each file is a story of batch jobs with attempts:
//
//	cluster                 starts anew; each line of input is an instance: ID memory= [cpu=] …
//	instance-joins          as a line of cluster
//	instance-lost ID, instance-back ID
//	batch count= attempts= [parallelism=] [memory=] [lost=retry|wait] [sidecar]
//	                        makes the job; with sidecar its tasks have a container that is not essential
//	tasks                   each line is how tasks ended: t1,t2 exit N | not-started | lost | stopped | preempted; or runs
//	wait SECONDS
//	look                    plans and applies; says what the plan is
//
// Tasks are t1, t2… in the order in which they were placed.
func TestBatches(t *testing.T) {
	paths, err := filepath.Glob("testdata/batch/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in testdata/batch: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			var s batchStory
			runFile(t, path, s.run)
		})
	}
}

type batchStory struct {
	harness
	now     structs.Time
	started []string
}

const storyJob = "1123456789abcdef1123456789abcdef"

func (s *batchStory) run(t *testing.T, b *block) string {
	words := strings.Fields(b.command)
	switch words[0] {
	case "cluster":
		*s = batchStory{harness: harness{store: state.New()}, now: 1_000_000}
		for _, line := range b.input {
			s.add(t, "instance "+line)
		}
	case "instance-joins":
		s.add(t, "instance "+strings.TrimPrefix(b.command, "instance-joins "))
	case "instance-lost", "instance-back":
		s.update(t, func(tx *state.Tx) {
			i := *tx.Instance(words[1])
			i.AgentConnected = words[0] == "instance-back"
			tx.PutInstance(&i)
		})
	case "batch":
		s.batch(t, b.args, slices.Contains(words, "sidecar"))
	case "tasks":
		for _, line := range b.input {
			names, how, _ := strings.Cut(line, " ")
			for name := range strings.SplitSeq(names, ",") {
				s.end(t, s.started[number(t, name[1:])-1], strings.Fields(how))
			}
		}
	case "wait":
		s.now += structs.Time(number(t, words[1])) * 1000
	case "look":
		return s.look(t)
	default:
		t.Fatalf("unknown command %q", b.command)
	}
	return "ok"
}

func (s *batchStory) batch(t *testing.T, args map[string]string, sidecar bool) {
	def := &structs.TaskDefinition{Family: "f", Revision: 1, NetworkMode: "bridge", ContainerDefinitions: []structs.ContainerDefinition{
		{Name: "app", Memory: new(int32(number(t, cmp.Or(args["memory"], "1"))))},
	}}
	if sidecar {
		def.ContainerDefinitions = append(def.ContainerDefinitions, structs.ContainerDefinition{Name: "sidecar", Essential: new(false)})
	}
	job := &structs.Job{
		ID: storyJob, Cluster: "default", Type: structs.JobBatch, Status: structs.BatchRunning, TaskDefinition: "f:1", Group: "g",
		Count: int(number(t, args["count"])), CreatedAt: s.now,
		Batch: &structs.BatchSpec{Attempts: int(number(t, args["attempts"])), Parallelism: int(number(t, args["parallelism"])), OnInstanceLost: args["lost"]},
	}
	if err := job.Batch.Validate(job.Count); err != nil {
		t.Fatal(err)
	}
	s.update(t, func(tx *state.Tx) {
		tx.PutTaskDefinition(def)
		tx.PutJob(job)
	})
}

func (s *batchStory) end(t *testing.T, id string, how []string) {
	s.update(t, func(tx *state.Tx) {
		task := *tx.Task(id)
		task.LastStatus, task.DesiredStatus, task.StoppedAt = structs.TaskStopped, structs.TaskStopped, s.now
		switch how[0] {
		case "runs":
			task.LastStatus, task.DesiredStatus, task.StoppedAt = structs.TaskRunning, structs.TaskRunning, 0
		case "exit":
			task.StopCode = structs.StopEssentialContainerExited
			task.Containers = []structs.Container{{Name: "app", ExitCode: new(int32(number(t, how[1])))}, {Name: "sidecar", ExitCode: new(int32(137))}}
		case "not-started":
			task.StopCode = structs.StopTaskFailedToStart
		case "lost":
			task.StopCode, task.StoppedReason = structs.StopUserInitiated, structs.ReasonDeregistered
		case "stopped":
			task.StopCode, task.StoppedReason = structs.StopUserInitiated, structs.ReasonStoppedByUser
		case "preempted":
			task.StopCode = structs.StopPreempted
		default:
			t.Fatalf("unknown end %q", how)
		}
		tx.PutTask(&task)
	})
}

func (s *batchStory) look(t *testing.T) string {
	s.tasks++
	in := Input{View: s.store.Snapshot(), Evaluation: &structs.Evaluation{ID: "e", Cluster: "default", Job: storyJob}, Now: s.now}
	binary.BigEndian.PutUint64(in.Seed[:], uint64(s.tasks))
	plan := Schedule(in)
	var out strings.Builder
	s.update(t, func(tx *state.Tx) {
		job := *tx.Job(storyJob)
		job.Status = cmp.Or(plan.JobStatus, job.Status)
		tx.PutJob(&job)
		for _, stop := range plan.Stops {
			fmt.Fprintf(&out, "stop t%d: %s\n", slices.Index(s.started, stop.Task)+1, stop.Code)
			task := *tx.Task(stop.Task)
			task.LastStatus, task.DesiredStatus, task.StopCode, task.StoppedAt = structs.TaskStopped, structs.TaskStopped, stop.Code, s.now
			tx.PutTask(&task)
		}
		for _, p := range plan.Placements {
			s.started = append(s.started, p.Task)
			fmt.Fprintf(&out, "start t%d on %s: task %d, attempt %d\n", len(s.started), p.Instance, p.Slot, p.Attempt)
			tx.PutTask(&structs.Task{
				ID: p.Task, Cluster: job.Cluster, Job: job.ID, Group: job.Group, Instance: p.Instance, Slot: p.Slot, Attempt: p.Attempt,
				LastStatus: structs.TaskProvisioning, DesiredStatus: structs.TaskRunning, Memory: plan.Need.Memory, CreatedAt: s.now,
			})
		}
	})
	if plan.Unplaced > 0 {
		fmt.Fprintf(&out, "unplaced: %d, %s\n", plan.Unplaced, plan.Status)
	}
	if plan.JobStatus != "" {
		fmt.Fprintf(&out, "job %s\n", plan.JobStatus)
	}
	if f := plan.FollowUp; f != nil {
		fmt.Fprintf(&out, "look again in %gs\n", float64(f.WaitUntil-s.now)/1000)
	}
	job := s.store.Snapshot().Job(storyJob)
	n := structs.CountBatch(job.BatchSlots(s.store.Snapshot().TaskDefinition("f:1"), s.store.Snapshot().JobTasks(storyJob)))
	fmt.Fprintf(&out, "%d succeeded, %d failed, %d active, %d waiting\n", n.Succeeded, n.Failed, n.Active, n.Waiting)
	return out.String()
}
