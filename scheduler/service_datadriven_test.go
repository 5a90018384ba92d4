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

// TestServices runs the files in testdata/service. One file is one story of a service after
// another:
//
//	cluster                 starts anew; each line of input is an instance: ID cpu= memory= [zone=] [status=] [agent=off] [provider=]
//	instance-joins          as a line of cluster
//	definition N [cpu=] [memory=] [port=] [checked]
//	service [definition=1] [count=] [min=] [max=] [daemon] [breaker] [rollback] [threshold=] [at=TYPE:VALUE] [reset=on|off] [grace=] [uptime=] [force]
//	        [rebalancing] [strategy=TYPE/FIELD,…] [providers=NAME:WEIGHT:BASE,…]
//	        [shift=BLUE_GREEN|LINEAR|CANARY|ROLLING] [bake=] [step=] [step-bake=]
//	        [pause=STAGE,… timeout= on-timeout=CONTINUE|ROLLBACK]
//	                        makes the service, or a next version; what is not said stays as it was
//	external [count=]       makes a service whose deployment controller is EXTERNAL, or changes its count
//	set [dN] [scale=] [definition=] [status=]
//	                        makes a task set of it, or changes the one named
//	tasks                   each line is what became of tasks: t1,t2 RUNNING [HEALTHY|UNHEALTHY]
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

type story struct{ town *town }

func (s *story) run(t *testing.T, b *block) string {
	words := strings.Fields(b.command)
	switch words[0] {
	case "cluster":
		s.town = newTown(t)
		s.town.define(1, false, 0, 0, 0)
		for _, line := range b.input {
			s.town.addInstance(t, line)
		}
	case "instance-joins":
		s.town.addInstance(t, strings.TrimPrefix(b.command, "instance-joins "))
	case "definition":
		s.town.define(int32(number(t, words[1])), slices.Contains(words, "checked"), int32(number(t, b.args["cpu"])),
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
	case "protect":
		for name := range strings.SplitSeq(words[1], ",") {
			s.town.alterTask(s.task(t, name), func(row *structs.Task) {
				row.ProtectedUntil = s.town.now + structs.Time(number(t, b.args["for"]))*1000
			})
		}
	case "instance":
		s.town.alterInstance(words[1], func(row *structs.ContainerInstance) {
			row.Status, row.AgentConnected = cmp.Or(b.args["status"], row.Status), b.args["agent"] != "off"
			row.Runtime.Status = structs.HealthOK
			if b.args["engine"] == "off" {
				row.Runtime = structs.RuntimeHealth{Status: structs.HealthImpaired, Reason: "it did not answer within 4s"}
			}
		})
	case "other":
		s.other(t, words)
	case "stop-deployment":
		s.town.alterDeployment(s.primary(), func(row *structs.Deployment) { row.StopRequested = words[1] })
	case "continue":
		s.town.alterDeployment(s.primary(), func(row *structs.Deployment) { answerPause(row, words[1]) })
	case "delete":
		job := *s.town.job()
		job.Status, job.Count = structs.ServiceDraining, 0
		s.town.put(job, "")
	case "failed":
		return fmt.Sprintf("%d", s.town.store.Snapshot().Deployment(s.primary()).FailedTasks)
	case "wait":
		s.town.now += structs.Time(number(t, words[1])) * 1000
	case "look":
		plan := s.town.look()
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
	s.town.update(func(tx *state.Tx) {
		tx.PutJob(job)
		tx.PutTask(task)
	})
}

func (w *town) addInstance(t *testing.T, line string) {
	id, rest, _ := strings.Cut(line, " ")
	w.update(func(tx *state.Tx) { tx.PutInstance(instanceOf(t, id, parseArgs(rest))) })
}

func (s *story) service(t *testing.T, words []string, args map[string]string) {
	job := s.town.job()
	if job == nil {
		job = &structs.Job{
			ID: townJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive,
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
	if strategy, ok := args["shift"]; ok {
		spec.Update.Shift = structs.NewShiftPolicy(strategy)
	}
	if spec.Update.Shift != nil {
		shift := *spec.Update.Shift
		spec.Update.Shift = &shift
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
	s.town.put(next, deploy)
}

func (s *story) external(count int) {
	s.town.put(structs.Job{
		ID: townJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, Count: count,
		Service: &structs.ServiceSpec{
			Controller: structs.ControllerExternal, Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200},
		},
	}, "")
}

func (s *story) set(t *testing.T, words []string, args map[string]string) {
	all := s.deployments()
	row := &structs.Deployment{
		ID: fmt.Sprintf("ecs-svc/%019d", len(all)+1), Cluster: "default", Job: townJob, JobVersion: len(all), Status: structs.DeploymentActive,
		Rollout: structs.RolloutCompleted, TaskDefinition: "f:" + cmp.Or(args["definition"], "1"),
	}
	if len(words) > 1 && words[1][0] == 'd' && !strings.Contains(words[1], "=") {
		row = new(*all[number(t, words[1][1:])-1])
	}
	part := structs.TaskSet{}
	if row.TaskSet != nil {
		part = *row.TaskSet
	}
	if scale, ok := args["scale"]; ok {
		part.Scale = float64(number(t, scale))
	}
	row.TaskSet, row.Status = &part, cmp.Or(args["status"], row.Status)
	s.town.update(func(tx *state.Tx) { tx.PutDeployment(row) })
}

// strategyFrom reads NAME:WEIGHT:BASE,…
func strategyFrom(t *testing.T, text string) (strategy []structs.CapacityProviderStrategyItem) {
	for item := range strings.SplitSeq(text, ",") {
		parts := strings.Split(item, ":")
		strategy = append(strategy, providerItem(t, fmt.Sprintf("%s weight=%s base=%s", parts[0], parts[1], parts[2])))
	}
	return strategy
}

// tasks makes a report of a line: names, status, health.
func (s *story) tasks(t *testing.T, words []string) {
	var status structs.TaskStatus
	if err := status.UnmarshalText([]byte(words[1])); err != nil {
		t.Fatal(err)
	}
	health := ""
	if len(words) > 2 {
		health = words[2]
	}
	for name := range strings.SplitSeq(words[0], ",") {
		s.town.report(s.task(t, name), status, health)
	}
}

func (s *story) task(t *testing.T, name string) string {
	n := int(number(t, strings.TrimPrefix(name, "t")))
	if n < 1 || n > len(s.town.started) {
		t.Fatalf("there is no task %s yet", name)
	}
	return s.town.started[n-1]
}

func (s *story) deployments() []*structs.Deployment {
	return slices.Collect(s.town.store.Snapshot().Deployments(townJob))
}

func (s *story) primary() string {
	for _, d := range s.deployments() {
		if d.Status == structs.DeploymentPrimary {
			return d.ID
		}
	}
	return ""
}

func (s *story) describe(plan *structs.Plan, events bool) string {
	var out strings.Builder
	for _, stop := range plan.Stops {
		fmt.Fprintf(&out, "stop %s", stop.Task)
		if !strings.HasPrefix(stop.Reason, "Scaling activity initiated by (deployment ") {
			fmt.Fprintf(&out, ": %s", stop.Reason)
		}
		out.WriteByte('\n')
	}
	for _, p := range plan.Placements {
		fmt.Fprintf(&out, "start %s on %s", p.Task, p.Instance)
		if p.Provider != "" {
			out.WriteString(" for " + p.Provider)
		}
		out.WriteByte('\n')
	}
	for _, d := range plan.Deployments {
		fmt.Fprintf(&out, "%s is %s %s: %s\n", d.ID, d.Status, d.Rollout, d.RolloutReason)
		if d.Stage != "" || d.Traffic != nil {
			describeShift(&out, &d)
		}
	}
	if plan.Rollback != nil {
		fmt.Fprintf(&out, "version %d: count %d, %s\n", plan.Rollback.Version, plan.Rollback.Count, plan.Rollback.TaskDefinition)
	}
	if plan.JobStatus != "" {
		fmt.Fprintf(&out, "service %s\n", plan.JobStatus)
	}
	if plan.Unplaced > 0 {
		fmt.Fprintf(&out, "unplaced: %d, %s\n", plan.Unplaced, plan.Status)
	}
	if f := plan.FollowUp; f != nil {
		fmt.Fprintf(&out, "look again in %gs\n", float64(f.WaitUntil-s.town.now)/1000)
	}
	if events {
		for _, e := range plan.Events {
			fmt.Fprintf(&out, "- %s\n", e.Message)
		}
	}
	return s.rename(cmp.Or(out.String(), "nothing"))
}

func describeShift(out *strings.Builder, d *structs.Deployment) {
	fmt.Fprintf(out, "  stage %s", d.Stage)
	if d.Traffic != nil {
		fmt.Fprintf(out, ", traffic %g %%, test %g %%", d.Traffic.Production, d.Traffic.Test)
	}
	for _, p := range d.Pauses {
		fmt.Fprintf(out, ", paused at %s: %s", p.Stage, p.Status)
	}
	out.WriteByte('\n')
}

// rename puts short names in place of ids.
func (s *story) rename(text string) string {
	for n, id := range s.town.started {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("t%d", n+1))
	}
	for n, d := range s.deployments() {
		text = strings.ReplaceAll(text, d.ID, fmt.Sprintf("d%d", n+1))
	}
	return text
}
