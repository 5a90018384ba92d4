package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

var _ View = (*state.Snapshot)(nil)

// harness runs the commands of the files in testdata on its own state:
//
//	cluster                     starts anew; each line of input is an instance or a task
//	  instance ID cpu= memory= [zone=] [attributes=NAME:VALUE,…] [status=DRAINING] [agent=off] [engine=off] [lost=TIMES] [cluster=other] [reserved=22/tcp,…] [gpus=ID,…] [provider=NAME] [block=10.9.0.0/28]
//	  task INSTANCE [cpu=] [memory=] [gpus=ID,…] [ports=80/tcp,…] [dynamic=49153/tcp] [status=STOPPED] [desired=STOPPED] [job=] [group=] [id=] [address=]
//	run [count=] [cpu=] [memory=] [gpus=] [ports=80/tcp,…] [on=ID,…] [job=] [group=] [type=service] [arch=ARM64] [network=awsvpc] [leaving=ID,…] [apply]
//	  strategy TYPE [FIELD]
//	  provider NAME [weight=] [base=]
//	  distinctInstance
//	  memberOf EXPRESSION
//	  definition memberOf EXPRESSION
//	                            places the tasks of a job, and with apply makes them
type harness struct {
	store *state.Store
	tasks int
}

func (h *harness) run(t *testing.T, b *block) string {
	switch name, _, _ := strings.Cut(b.command, " "); name {
	case "cluster":
		h.store = state.New()
		for _, line := range b.input {
			h.add(t, line)
		}
		return "ok"
	case "run":
		return h.schedule(t, b)
	default:
		t.Fatalf("unknown command %q", b.command)
		return ""
	}
}

func (h *harness) add(t *testing.T, line string) {
	words, args := strings.Fields(line), parseArgs(line)
	h.update(t, func(tx *state.Tx) {
		switch words[0] {
		case "instance":
			tx.PutInstance(instanceOf(t, words[1], args))
		case "task":
			h.tasks++
			task := &structs.Task{
				ID: cmp.Or(args["id"], fmt.Sprintf("old%d", h.tasks)), Job: cmp.Or(args["job"], "old"), Group: cmp.Or(args["group"], "old"),
				Instance: words[1], LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning,
				CPU: number(t, args["cpu"]), Memory: number(t, args["memory"]), Ports: ports(t, args["ports"]), GPUs: listOf(args["gpus"]), Address: args["address"],
			}
			if args["desired"] == "STOPPED" {
				task.DesiredStatus = structs.TaskStopped
			}
			if args["status"] == "STOPPED" {
				task.LastStatus = structs.TaskStopped
			}
			for _, p := range ports(t, args["dynamic"]) {
				task.Containers = []structs.Container{{NetworkBindings: []structs.NetworkBinding{{HostPort: new(int32(p.Number)), Protocol: p.Protocol}}}}
			}
			tx.PutTask(task)
		default:
			t.Fatalf("unknown line %q", line)
		}
	})
}

func instanceOf(t *testing.T, id string, args map[string]string) *structs.ContainerInstance {
	i := &structs.ContainerInstance{
		ID: id, Cluster: cmp.Or(args["cluster"], "default"), Status: cmp.Or(args["status"], structs.InstanceActive),
		AgentConnected: args["agent"] != "off", Zone: args["zone"], CapacityProvider: args["provider"], GPUs: listOf(args["gpus"]),
		Registered: structs.Resources{CPU: number(t, args["cpu"]), Memory: number(t, args["memory"]), Ports: ports(t, args["reserved"])},
	}
	i.Network = structs.InstanceNetwork{Block: args["block"], Asks: args["block"] != ""}
	if args["engine"] == "off" {
		i.Runtime = structs.RuntimeHealth{Status: structs.HealthImpaired, Reason: "it did not answer within 4s"}
	}
	if i.Losses = int(number(t, args["lost"])); i.Losses > 1 {
		i.HeldUntil = 1_700_000_010_000
	}
	if i.Zone != "" {
		i.Attributes = []structs.Attribute{{Name: structs.AttributeZone, Value: i.Zone}}
	}
	for _, a := range listOf(args["attributes"]) {
		name, value, _ := strings.Cut(a, ":")
		i.Attributes = append(i.Attributes, structs.Attribute{Name: name, Value: value})
	}
	return i
}

// schedule runs one job and returns its plan as text: how many tasks on each instance, in the order
// of the plan, then the rest.
func (h *harness) schedule(t *testing.T, b *block) string {
	job := &structs.Job{ID: cmp.Or(b.args["job"], "new"), Cluster: "default", Type: structs.JobBatch, TaskDefinition: "f:1", Group: cmp.Or(b.args["group"], "new")}
	job.Count = int(number(t, cmp.Or(b.args["count"], "1")))
	if b.args["on"] != "" {
		job.Instances = strings.Split(b.args["on"], ",")
		job.Count = len(job.Instances)
	}
	def := &structs.TaskDefinition{Family: "f", Revision: 1, NetworkMode: cmp.Or(b.args["network"], "bridge")}
	if b.args["arch"] != "" {
		def.RuntimePlatform = &structs.RuntimePlatform{CpuArchitecture: b.args["arch"]}
	}
	container := structs.ContainerDefinition{Cpu: int32(number(t, b.args["cpu"])), Memory: new(int32(number(t, b.args["memory"])))}
	for _, p := range ports(t, b.args["ports"]) {
		container.PortMappings = append(container.PortMappings,
			structs.PortMapping{HostPort: new(int32(p.Number)), ContainerPort: new(int32(p.Number)), Protocol: p.Protocol})
	}
	if n := b.args["gpus"]; n != "" {
		container.ResourceRequirements = []structs.ResourceRequirement{{Type: structs.RequirementGPU, Value: n}}
	}
	def.ContainerDefinitions = []structs.ContainerDefinition{container}
	for _, line := range b.input {
		constrain(t, job, def, line)
	}
	h.update(t, func(tx *state.Tx) {
		tx.PutJob(job)
		tx.PutTaskDefinition(def)
		h.queue(tx, job)
	})
	h.tasks++
	seed := [16]byte{byte(h.tasks)}
	var plan structs.Plan
	if b.args["type"] == "service" {
		// Services reach placement through deployments, which have tests of their own.
		job.Type = structs.JobService
		r := &place.Request{
			View: h.store.Snapshot(), Job: job, Definition: def, Need: new(structs.Need(def, nil)), Count: job.Count,
			Seed: seed, Leaving: map[string]bool{},
		}
		for id := range strings.SplitSeq(b.args["leaving"], ",") {
			r.Leaving[id] = true
		}
		plan.Status = structs.EvaluationDone
		if len(job.CapacityStrategy) > 0 {
			r.Share = &place.Share{Strategy: job.CapacityStrategy, Total: job.Count, Held: map[string]int{}}
		}
		fill(&plan, r, new(newTaskIDs(seed)))
	} else {
		plan = Schedule(Input{View: h.store.Snapshot(), Evaluation: &structs.Evaluation{ID: "e", Job: job.ID}, Now: 1000, Seed: seed})
	}
	if strings.HasSuffix(b.command, " apply") {
		h.apply(t, job, &plan)
	}
	return describe(&plan)
}

// constrain reads a line of input of run.
func constrain(t *testing.T, job *structs.Job, def *structs.TaskDefinition, line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "strategy":
		kind, field, _ := strings.Cut(rest, " ")
		job.PlacementStrategy = append(job.PlacementStrategy, structs.PlacementStrategy{Type: kind, Field: field})
	case "provider":
		job.CapacityStrategy = append(job.CapacityStrategy, providerItem(t, rest))
	case structs.ConstraintDistinctInstance, structs.ConstraintMemberOf:
		job.PlacementConstraints = append(job.PlacementConstraints, structs.PlacementConstraint{Type: word, Expression: rest})
	case "definition":
		kind, expression, _ := strings.Cut(rest, " ")
		def.PlacementConstraints = append(def.PlacementConstraints, structs.TaskDefinitionPlacementConstraint{Type: kind, Expression: expression})
	default:
		t.Fatalf("unknown line %q", line)
	}
	if err := job.ValidatePlacement(def); err != nil {
		t.Fatal(err)
	}
}

// queue creates the queued tasks of a job that are not placed yet, each for its capacity provider.
func (h *harness) queue(tx *state.Tx, job *structs.Job) {
	if !job.Queues() {
		return
	}
	placed := map[string]int{}
	for _, t := range slices.Collect(tx.JobTasks(job.ID)) {
		if t.Queued() {
			tx.RemoveTask(t)
		} else {
			placed[t.CapacityProvider]++
		}
	}
	for i, share := range structs.Shares(job.CapacityStrategy, job.Count) {
		provider := job.CapacityStrategy[i].CapacityProvider
		for range share - placed[provider] {
			h.tasks++
			tx.PutTask(&structs.Task{
				ID: fmt.Sprintf("queued%d", h.tasks), Job: job.ID, CapacityProvider: provider,
				LastStatus: structs.TaskProvisioning, DesiredStatus: structs.TaskRunning,
			})
		}
	}
}

// providerItem reads NAME [weight=] [base=].
func providerItem(t *testing.T, text string) structs.CapacityProviderStrategyItem {
	args := parseArgs(text)
	return structs.CapacityProviderStrategyItem{
		CapacityProvider: strings.Fields(text)[0], Weight: int32(number(t, args["weight"])), Base: int32(number(t, args["base"])),
	}
}

func (h *harness) apply(t *testing.T, job *structs.Job, plan *structs.Plan) {
	h.update(t, func(tx *state.Tx) {
		for _, p := range plan.Placements {
			host := structs.Host{Instance: tx.Instance(p.Instance), Usage: tx.Usage(p.Instance)}
			tx.PutTask(&structs.Task{
				ID: p.Task, Cluster: job.Cluster, Job: job.ID, Group: job.Group, Instance: p.Instance,
				LastStatus: structs.TaskProvisioning, DesiredStatus: structs.TaskRunning, CapacityProvider: p.Provider,
				CPU: plan.Need.CPU, Memory: plan.Need.Memory, Ports: plan.Need.Ports, GPUs: host.FreeGPUs()[:plan.Need.GPUs],
			})
		}
	})
}

func (h *harness) update(t *testing.T, fn func(*state.Tx)) {
	t.Helper()
	if err := h.store.Update(h.store.Snapshot().Index()+1, func(tx *state.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func describe(plan *structs.Plan) string {
	var s strings.Builder
	for i := 0; i < len(plan.Placements); {
		first, n := plan.Placements[i], 0
		for ; i < len(plan.Placements) && plan.Placements[i].Instance == first.Instance && plan.Placements[i].Provider == first.Provider; i++ {
			n++
		}
		fmt.Fprintf(&s, "%s: %d", first.Instance, n)
		if first.Provider != "" {
			s.WriteString(" for " + first.Provider)
		}
		s.WriteByte('\n')
	}
	if plan.Unplaced > 0 {
		fmt.Fprintf(&s, "unplaced: %d\n", plan.Unplaced)
	}
	for _, f := range plan.Failures {
		line := strings.TrimSpace(f.Instance + " " + f.Reason)
		if f.Detail != "" {
			line += " (" + f.Detail + ")"
		}
		s.WriteString(line + "\n")
	}
	for _, f := range plan.Filtered {
		fmt.Fprintf(&s, "filtered by %s: %d\n", f.Reason, f.Instances)
	}
	if plan.Remedy != "" {
		fmt.Fprintf(&s, "remedy: %s\n", plan.Remedy)
	}
	fmt.Fprintf(&s, "evaluation %s\n", plan.Status)
	return s.String()
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(cmp.Or(s, "0"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// listOf reads words with commas between them.
func listOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}

func ports(t *testing.T, s string) (list []structs.Port) {
	t.Helper()
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' }) {
		n, protocol, _ := strings.Cut(word, "/")
		list = append(list, structs.Port{Number: uint16(number(t, n)), Protocol: protocol})
	}
	return list
}
