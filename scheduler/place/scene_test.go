package place

import (
	"cmp"
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// scene is a random cluster with a job that wants tasks.
type scene struct {
	instances []*structs.ContainerInstance
	tasks     []*structs.Task
	job       *structs.Job
	def       *structs.TaskDefinition
	seed      [16]byte
}

var drawPorts = rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) structs.Port {
	return structs.Port{Number: rapid.Uint16Range(80, 83).Draw(t, "port"), Protocol: rapid.SampledFrom([]string{"tcp", "udp"}).Draw(t, "protocol")}
}), 0, 3, rapid.ID)

var strategies = []structs.PlacementStrategy{
	{Type: "binpack", Field: "memory"}, {Type: "binpack", Field: "cpu"}, {Type: "spread", Field: "instanceId"},
	{Type: "spread", Field: "attribute:ecs.availability-zone"}, {Type: "spread", Field: "attribute:rack"},
}

var constraints = []structs.PlacementConstraint{
	{Type: "distinctInstance"},
	{Type: "memberOf", Expression: "attribute:rack != c"},
	{Type: "memberOf", Expression: "attribute:rack exists or attribute:ecs.availability-zone in [a, b]"},
	{Type: "memberOf", Expression: "not (task:group == other)"},
	{Type: "memberOf", Expression: "not (task:group == g)"},
	{Type: "memberOf", Expression: "pendingTasksCount < 3"},
}

func drawScene(t *rapid.T) *scene {
	jobType := rapid.SampledFrom([]string{structs.JobBatch, structs.JobService}).Draw(t, "type")
	s := &scene{
		job: &structs.Job{ID: "job", Cluster: "default", Type: jobType, TaskDefinition: "f:1", Group: "g", Count: rapid.IntRange(0, 40).Draw(t, "count")},
		def: &structs.TaskDefinition{Family: "f", Revision: 1},
	}
	container := structs.ContainerDefinition{Cpu: rapid.Int32Range(0, 8).Draw(t, "cpu"), Memory: new(rapid.Int32Range(0, 8).Draw(t, "memory"))}
	if rapid.Bool().Draw(t, "with ports") {
		for _, p := range drawPorts.Draw(t, "ports") {
			container.PortMappings = append(container.PortMappings, structs.PortMapping{HostPort: new(int32(p.Number)), Protocol: p.Protocol})
		}
	}
	if n := rapid.SampledFrom([]string{"", "", "1", "2"}).Draw(t, "gpus"); n != "" {
		container.ResourceRequirements = []structs.ResourceRequirement{{Type: structs.RequirementGPU, Value: n}}
	}
	container.Privileged = new(rapid.IntRange(0, 4).Draw(t, "privileged") == 1)
	s.def.ContainerDefinitions = []structs.ContainerDefinition{container}
	s.job.PlacementStrategy = rapid.SliceOfN(rapid.SampledFrom(strategies), 0, 3).Draw(t, "strategy")
	s.job.PlacementConstraints = rapid.SliceOfN(rapid.SampledFrom(constraints), 0, rapid.IntRange(0, 2).Draw(t, "at most")).Draw(t, "constraints")
	if rapid.IntRange(0, 4).Draw(t, "with a platform") == 1 {
		s.def.RuntimePlatform = &structs.RuntimePlatform{CpuArchitecture: "ARM64"}
	}
	for n := range rapid.IntRange(0, 16).Draw(t, "instances") {
		i := &structs.ContainerInstance{
			ID: fmt.Sprintf("i%02d", n), Cluster: rapid.SampledFrom([]string{"default", "default", "default", "default", "default", "other"}).Draw(t, "cluster"),
			Status:         rapid.SampledFrom([]string{"ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "DRAINING", "INACTIVE"}).Draw(t, "status"),
			AgentConnected: rapid.IntRange(0, 8).Draw(t, "agent") != 1,
			Registered: structs.Resources{
				CPU: rapid.Int64Range(0, 32).Draw(t, "cpu"), Memory: rapid.Int64Range(0, 32).Draw(t, "memory"), Ports: drawPorts.Draw(t, "reserved"),
			},
		}
		if rapid.IntRange(0, 8).Draw(t, "engine") == 1 {
			i.Runtime.Status = structs.HealthImpaired
		}
		if rapid.IntRange(0, 8).Draw(t, "held") == 1 {
			i.HeldUntil = structs.Time(rapid.IntRange(1, 9).Draw(t, "until"))
		}
		i.GPUs = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"0", "1", "2", "3"}), 0, 4, rapid.ID).Draw(t, "gpus")
		held := 0
		for _, name := range []string{"ecs.availability-zone", "rack", "ecs.cpu-architecture", structs.AttributePrivileged, structs.AttributeAnyArchitecture} {
			if value := rapid.SampledFrom([]string{"a", "b", "c", "arm64", "arm64", ""}).Draw(t, name); value != "" {
				i.Attributes = append(i.Attributes, structs.Attribute{Name: name, Value: value})
			}
		}
		s.instances = append(s.instances, i)
		for range rapid.IntRange(0, 3).Draw(t, "tasks") {
			s.tasks = append(s.tasks, &structs.Task{
				ID: fmt.Sprintf("t%d", len(s.tasks)), Job: rapid.SampledFrom([]string{"job", "old", "old"}).Draw(t, "job"), Instance: i.ID,
				Group:         rapid.SampledFrom([]string{"g", "other"}).Draw(t, "group"),
				LastStatus:    rapid.SampledFrom([]structs.TaskStatus{structs.TaskRunning, structs.TaskStopped}).Draw(t, "status"),
				DesiredStatus: rapid.SampledFrom([]structs.TaskStatus{structs.TaskRunning, structs.TaskRunning, structs.TaskStopped}).Draw(t, "desired"),
				GPUs:          i.GPUs[held:min(len(i.GPUs), held+rapid.IntRange(0, 2).Draw(t, "gpus held"))],
				CPU:           rapid.Int64Range(0, 12).Draw(t, "cpu"), Memory: rapid.Int64Range(0, 12).Draw(t, "memory"), Ports: drawPorts.Draw(t, "held"),
			})
			held += len(s.tasks[len(s.tasks)-1].GPUs)
		}
	}
	copy(s.seed[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "seed"))
	return s
}

// snapshot puts the scene into a store in its order.
func (s *scene) snapshot(t interface{ Fatal(...any) }) *state.Snapshot {
	store := state.New()
	err := store.Update(1, func(tx *state.Tx) error {
		tx.PutJob(s.job)
		tx.PutTaskDefinition(s.def)
		for _, i := range s.instances {
			tx.PutInstance(i)
		}
		for _, task := range s.tasks {
			tx.PutTask(task)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return store.Snapshot()
}

// request asks for places for the tasks that the job lacks.
func (s *scene) request(view View) *Request {
	return &Request{
		View: view, Job: s.job, Definition: s.def, Need: new(structs.Need(s.def, nil)),
		Count: s.wanted(), Instances: s.job.Instances, Seed: s.seed,
	}
}

// find finds places for them.
func (s *scene) find(t interface{ Fatal(...any) }) Result { return Find(s.request(s.snapshot(t))) }

// wanted returns how many tasks the job lacks. Those of a batch job are never replaced.
func (s *scene) wanted() int {
	wanted := s.job.Count
	for _, task := range s.tasks {
		if task.Job == "job" && (s.job.Type == structs.JobBatch || task.LastStatus != structs.TaskStopped) {
			wanted--
		}
	}
	return max(0, wanted)
}

// held keeps the books of an instance in the plainest way, independently of the code under test.
type held struct {
	scene       *scene
	instance    *structs.ContainerInstance
	cpu, memory int64
	gpus        int
	ports       map[structs.Port]bool
	groups      map[string]bool // of alive tasks
	peers       int             // alive tasks that count as the job's own
	placed      int
}

func (s *scene) books() map[string]*held {
	books := map[string]*held{}
	for _, i := range s.instances {
		h := &held{scene: s, instance: i, ports: map[structs.Port]bool{}, groups: map[string]bool{}}
		for _, p := range i.Registered.Ports {
			h.ports[p] = true
		}
		books[i.ID] = h
	}
	for _, t := range s.tasks {
		h := books[t.Instance]
		if t.LastStatus != structs.TaskStopped {
			h.hold(structs.Resources{CPU: t.CPU, Memory: t.Memory, Ports: t.Ports, GPUs: len(t.GPUs)})
			if t.DesiredStatus == structs.TaskRunning {
				h.groups[t.Group] = true
				if s.job.Type == structs.JobBatch && t.Group == "g" || s.job.Type != structs.JobBatch && t.Job == "job" {
					h.peers++
				}
			}
		}
	}
	return books
}

func (h *held) takes(need structs.Resources) bool {
	i := h.instance
	return i.Cluster == "default" && i.Status == "ACTIVE" && i.AgentConnected && !i.Impaired() && i.HeldUntil == 0 && h.platform() && h.capability() && h.distinct() && h.member() &&
		(need.CPU == 0 || h.cpu+need.CPU <= i.Registered.CPU) && (need.Memory == 0 || h.memory+need.Memory <= i.Registered.Memory) &&
		h.gpusFree(need) && h.portsFree(need)
}

func (h *held) gpusFree(need structs.Resources) bool {
	return h.gpus+need.GPUs <= len(h.instance.GPUs)
}

func (h *held) attribute(name string) string {
	value, _ := h.instance.Attribute(name)
	return value
}

func (h *held) platform() bool {
	_, any := h.instance.Attribute(structs.AttributeAnyArchitecture)
	return any || h.scene.def.RuntimePlatform == nil || h.attribute("ecs.cpu-architecture") == "arm64"
}

func (h *held) capability() bool {
	c := h.scene.def.ContainerDefinitions[0]
	_, has := h.instance.Attribute(structs.AttributePrivileged)
	return c.Privileged == nil || !*c.Privileged || has
}

func (h *held) distinct() bool {
	return h.peers == 0 || !slices.Contains(h.scene.job.PlacementConstraints, constraints[0])
}

func (h *held) member() bool {
	rack, zone := h.attribute("rack"), h.attribute("ecs.availability-zone")
	holds := []bool{true, rack != "c" && rack != "", rack != "" || zone == "a" || zone == "b", !h.groups["other"], !h.groups["g"], h.placed < 3}
	for n, c := range constraints {
		if slices.Contains(h.scene.job.PlacementConstraints, c) && !holds[n] {
			return false
		}
	}
	return true
}

func (h *held) portsFree(need structs.Resources) bool {
	return !slices.ContainsFunc(need.Ports, func(p structs.Port) bool { return h.ports[p] })
}

func (h *held) hold(need structs.Resources) {
	h.cpu += need.CPU
	h.gpus += need.GPUs
	h.memory += need.Memory
	for _, p := range need.Ports {
		h.ports[p] = true
	}
}

func (h *held) take(need structs.Resources) {
	h.hold(need)
	h.groups["g"] = true
	h.peers++
	h.placed++
}

// better compares two instances by the job's strategy, from the books alone.
func (s *scene) better(books map[string]*held, a, b *held) bool {
	asked := s.job.PlacementStrategy
	if s.job.Type != structs.JobBatch {
		if len(asked) == 0 {
			asked = strategies[3:4]
		}
		asked = append(slices.Clone(asked), structs.PlacementStrategy{Type: "spread", Field: "instanceId"})
	}
	free := func(h *held) (memory, cpu int) {
		return int(h.instance.Registered.Memory - h.memory), int(h.instance.Registered.CPU - h.cpu)
	}
	memoryA, cpuA := free(a)
	memoryB, cpuB := free(b)
	var within []string // the attributes of the spreads so far, while there were only spreads
	spreads := true
	for _, p := range asked {
		name, isAttribute := p.ByAttribute()
		order := 0
		switch {
		case p.Field == "memory":
			order, spreads = cmp.Compare(memoryA, memoryB), false
		case p.Field == "cpu":
			order, spreads = cmp.Compare(cpuA, cpuB), false
		case !isAttribute:
			order, spreads = cmp.Compare(a.peers, b.peers), false
		default:
			order = cmp.Compare(s.peersLike(books, a, append(within, name)), s.peersLike(books, b, append(within, name)))
			if spreads {
				within = append(within, name)
			}
		}
		if order != 0 {
			return order < 0
		}
	}
	return cmp.Or(cmp.Compare(memoryA, memoryB), cmp.Compare(cpuA, cpuB), cmp.Compare(a.instance.ID, b.instance.ID)) < 0
}

// peersLike counts the job's tasks on the instances that have the same values of some attributes as
// one instance.
func (s *scene) peersLike(books map[string]*held, like *held, names []string) (peers int) {
	for _, h := range books {
		if h.instance.Cluster == "default" && !slices.ContainsFunc(names, func(n string) bool { return h.attribute(n) != like.attribute(n) }) {
			peers += h.peers
		}
	}
	return peers
}
