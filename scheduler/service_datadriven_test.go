package scheduler

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestServices runs the files in testdata/service. Each file is a story of services:
//
//	cluster                 starts anew; each line of input is an instance: ID cpu= memory= [zone=] [status=] [agent=off] [provider=]
//	instance-joins          as a line of cluster
//	definition N [cpu=] [memory=] [port=] [checked]
//	service [definition=1] [count=] [min=] [max=] [daemon] [breaker] [rollback] [threshold=] [at=TYPE:VALUE] [reset=on|off] [grace=] [uptime=] [force]
//	        [rebalancing] [strategy=TYPE/FIELD,…] [providers=NAME:WEIGHT:BASE,…]
//	        [shift=BLUE_GREEN|LINEAR|CANARY|ROLLING] [bake=] [step=] [step-bake=]
//	        [balanced] [alternating] [early=PERCENT:BLOCKING|DEFERRED]
//	        [pause=STAGE,… timeout= on-timeout=CONTINUE|ROLLBACK]
//	                        makes the service, or a next version; what is not said stays as it was
//	external [count=]       makes a service whose deployment controller is EXTERNAL, or changes its count
//	set [dN] [scale=] [definition=] [status=]
//	                        makes a task set of it, or changes the one named
//	tasks                   each line is what became of tasks: t1,t2 RUNNING [HEALTHY|UNHEALTHY]
//	targets TASKS STATE     what the checks of the target group found of tasks: healthy, unhealthy, initial
//	groups                  says which target group the tasks of each deployment are in
//	protect TASKS for=      protects tasks for so many seconds
//	instance ID [status=] [agent=on|off] [engine=on|off]
//	other TASK INSTANCE RUNNING|STOPPED [daemon]
//	                        a task of another job, of a daemon where asked
//	continue ACTION         answers the oldest pause that waits: CONTINUE or ROLLBACK
//	stop-deployment TYPE    asks for the primary deployment to be stopped
//	delete                  deletes the service
//	failed                  says how many failed tasks of the primary deployment count
//	wait SECONDS
//	look [events]           plans and applies; says what the plan is, with its events where asked
//
// Tasks are t1, t2… in the order in which they were placed, deployments d1, d2… in that of their
// creation.
func TestServices(t *testing.T) {
	paths, err := filepath.Glob("testdata/service/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in testdata/service: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			var s story
			runFile(t, path, s.run)
		})
	}
}

type story struct{ cluster *cluster }

func (s *story) run(t *testing.T, b *block) string {
	words := strings.Fields(b.command)
	switch words[0] {
	case "cluster":
		s.cluster = newCluster(t)
		s.cluster.define(1, false, 0, 0, 0)
		for _, line := range b.input {
			s.cluster.addInstance(t, line)
		}
	case "instance-joins":
		s.cluster.addInstance(t, strings.TrimPrefix(b.command, "instance-joins "))
	case "definition":
		s.cluster.define(int32(number(t, words[1])), slices.Contains(words, "checked"), int32(number(t, b.args["cpu"])),
			int32(number(t, b.args["memory"])), int32(number(t, b.args["port"])))
	case "service":
		s.service(t, words, b.args)
	case "external":
		s.external(int(number(t, b.args["count"])))
	case "set":
		s.set(t, words, b.args)
	case "tasks":
		for _, line := range b.input {
			s.tasks(t, strings.Fields(line))
		}
	case "targets", "groups", "protect":
		return s.onTasks(t, words, b.args)
	case "instance":
		s.cluster.alterInstance(words[1], func(row *structs.ContainerInstance) {
			row.Status, row.AgentConnected = cmp.Or(b.args["status"], row.Status), b.args["agent"] != "off"
			row.Runtime.Status = structs.HealthOK
			if b.args["engine"] == "off" {
				row.Runtime = structs.RuntimeHealth{Status: structs.HealthImpaired, Reason: "it did not answer within 4s"}
			}
		})
	case "other":
		s.other(t, words)
	case "stop-deployment":
		s.cluster.alterDeployment(s.primary(), func(row *structs.Deployment) { row.StopRequested = words[1] })
	case "continue":
		s.cluster.alterDeployment(s.primary(), func(row *structs.Deployment) { answerPause(row, words[1]) })
	case "delete":
		job := *s.cluster.job()
		job.Status, job.Count = structs.ServiceDraining, 0
		s.cluster.put(job, "")
	case "failed":
		return fmt.Sprintf("%d", s.cluster.store.Snapshot().Deployment(s.primary()).FailedTasks)
	case "wait":
		s.cluster.now += structs.Time(number(t, words[1])) * 1000
	case "look":
		plan := s.cluster.look()
		return s.describe(&plan, slices.Contains(words, "events"))
	default:
		t.Fatalf("unknown command %q", b.command)
	}
	return "ok"
}

func (s *story) other(t *testing.T, words []string) {
	job, task := &structs.Job{ID: "other", Type: structs.JobBatch}, &structs.Task{ID: words[1], Job: "other", Instance: words[2], DesiredStatus: structs.TaskRunning}
	if len(words) > 4 {
		job.ID, job.Type, task.Job = "other-daemon", structs.JobDaemon, "other-daemon"
	}
	if err := task.LastStatus.UnmarshalText([]byte(words[3])); err != nil {
		t.Fatal(err)
	}
	s.cluster.update(func(tx *state.Tx) {
		tx.PutJob(job)
		tx.PutTask(task)
	})
}

func (c *cluster) addInstance(t *testing.T, line string) {
	id, rest, _ := strings.Cut(line, " ")
	c.update(func(tx *state.Tx) { tx.PutInstance(instanceOf(t, id, parseArgs(rest))) })
}

func (s *story) service(t *testing.T, words []string, args map[string]string) {
	job := s.cluster.job()
	if job == nil {
		job = &structs.Job{
			ID: serviceJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive,
			Service: &structs.ServiceSpec{Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200}},
		}
		if slices.Contains(words, "daemon") {
			job.Type = structs.JobDaemon
			job.Service.Update = structs.UpdatePolicy{MaximumPercent: 100}
		}
	}
	next, spec := *job, *job.Service
	next.Service = &spec
	set := func(key string, to func(int64)) {
		if text, ok := args[key]; ok {
			to(number(t, text))
		}
	}
	set("count", func(n int64) { next.Count = int(n) })
	set("min", func(n int64) { spec.Update.MinimumHealthyPercent = int32(n) })
	set("max", func(n int64) { spec.Update.MaximumPercent = int32(n) })
	set("threshold", func(n int64) { spec.Update.FailureThreshold = int32(n) })
	set("uptime", func(n int64) { spec.Update.MinHealthySeconds = int32(n) })
	if text, ok := args["at"]; ok {
		kind, value, _ := strings.Cut(text, ":")
		spec.Update.ThresholdConfiguration = &structs.BreakerThreshold{Type: kind, Value: int32(number(t, value))}
	}
	if reset, ok := args["reset"]; ok {
		spec.Update.ResetOnHealthyTask = reset == "on"
	}
	set("grace", func(n int64) { spec.HealthGrace = int32(n) })
	setShift(&spec.Update, args, set)
	s.balance(t, &spec, words, args)
	next.TaskDefinition = cmp.Or(job.TaskDefinition, "f:1")
	set("definition", func(n int64) { next.TaskDefinition = fmt.Sprintf("f:%d", n) })
	spec.Update.CircuitBreaker = spec.Update.CircuitBreaker || slices.Contains(words, "breaker")
	spec.Update.Rollback = spec.Update.Rollback || slices.Contains(words, "rollback")
	if slices.Contains(words, "rebalancing") {
		spec.Rebalancing = structs.RebalancingEnabled
	}
	for p := range strings.FieldsFuncSeq(args["strategy"], func(r rune) bool { return r == ',' }) {
		kind, field, _ := strings.Cut(p, "/")
		next.PlacementStrategy = append(next.PlacementStrategy, structs.PlacementStrategy{Type: kind, Field: field})
	}
	if text, ok := args["providers"]; ok {
		next.CapacityStrategy = strategyFrom(t, text)
	}
	deploy := ""
	if !slices.Equal(next.CapacityStrategy, job.CapacityStrategy) || next.TaskDefinition != job.TaskDefinition || slices.Contains(words, "force") {
		deploy = fmt.Sprintf("ecs-svc/%019d", len(s.deployments())+1)
	}
	s.cluster.put(next, deploy)
}

// setShift applies the options of a service command about how traffic shifts.
func setShift(update *structs.UpdatePolicy, args map[string]string, set func(key string, to func(int64))) {
	if strategy, ok := args["shift"]; ok {
		update.Shift = structs.NewShiftPolicy(strategy)
	}
	if update.Shift == nil {
		return
	}
	shift := *update.Shift
	update.Shift = &shift
	set("bake", func(n int64) { shift.BakeMinutes = int32(n) })
	set("step", func(n int64) { shift.StepPercent = float64(n) })
	set("step-bake", func(n int64) { shift.StepBakeMinutes = int32(n) })
	if stages, ok := args["pause"]; ok {
		hook := structs.LifecycleHook{TimeoutMinutes: structs.DefaultHookTimeoutMinutes, TimeoutAction: structs.DefaultHookTimeoutAction}
		hook.Stages = strings.Split(stages, ",")
		set("timeout", func(n int64) { hook.TimeoutMinutes = int32(n) })
		hook.TimeoutAction = cmp.Or(args["on-timeout"], hook.TimeoutAction)
		shift.Hooks = []structs.LifecycleHook{hook}
	}
}
