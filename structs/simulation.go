package structs

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Scenario is something that might happen to a cluster. All its parts happen at once.
type Scenario struct {
	Cluster string `json:"cluster,omitzero"` // empty means the job's, or DefaultCluster
	// Drain and Lose name container instances by id or name. Those in Drain become DRAINING; those
	// in Lose are gone, along with everything that ran on them.
	Drain []string `json:"drain,omitzero"`
	Lose  []string `json:"lose,omitzero"`
	// LoseZones are zones that lose every instance.
	LoseZones []string         `json:"loseZones,omitzero"`
	Add       []AddedInstances `json:"add,omitzero"`
	// Job is a job file to run, either as a JSON object or as a string that holds its YAML or JSON
	// text.
	Job json.RawMessage `json:"job,omitzero"`
}

// AddedInstances are identical container instances that might join.
type AddedInstances struct {
	Count int `json:"count"`
	// Like, if not empty, is an instance of the cluster, by id or name, that they resemble. The
	// other fields override what it has.
	Like       string      `json:"like,omitzero"`
	Zone       string      `json:"zone,omitzero"`
	CPU        int64       `json:"cpu,omitzero"`    // units, 1024 to a core
	Memory     int64       `json:"memory,omitzero"` // MiB
	Attributes []Attribute `json:"attributes,omitzero"`
}

// Simulation is the outcome of a scenario: all decisions of the scheduler until nothing changes any
// more. None of it has happened.
type Simulation struct {
	// Index is the raft index of the state it started from.
	Index uint64 `json:"index"`
	// Seconds is how long it would take if every task started and every container stopped at once:
	// the time that the scheduler itself waits.
	Seconds float64 `json:"seconds"`
	// Cut explains why the simulation ended early; empty if it did not.
	Cut string `json:"cut,omitzero"`
	// Summary is the outcome in one sentence.
	Summary string         `json:"summary"`
	Total   SimulatedTasks `json:"total"`
	// jobs that change or lack a task, by name, then id
	Jobs      []SimulatedJob      `json:"jobs"`
	Instances []SimulatedInstance `json:"instances"` // instances whose tasks or status change, by id
}

// SimulatedTasks counts tasks. A task counts until it has stopped or was asked to stop.
type SimulatedTasks struct {
	Before int `json:"before"`
	After  int `json:"after"`
	// Started are new at the end, and Stopped are gone. Moved are pairs of the two: a task that
	// stopped in one place or version, and another of its job that started.
	Started int `json:"started"`
	Stopped int `json:"stopped"`
	Moved   int `json:"moved"`
	// Unplaced tasks find no place; UnplacedBefore found none even before the scenario.
	Unplaced       int `json:"unplaced"`
	UnplacedBefore int `json:"unplacedBefore,omitzero"`
	// Lacking is the total need of the unplaced tasks.
	Lacking Resources `json:"lacking,omitzero"`
}

// SimulatedJob is the outcome for one job.
type SimulatedJob struct {
	ID             string `json:"id"`
	Cluster        string `json:"cluster"`
	Name           string `json:"name,omitzero"`
	Type           string `json:"type"`
	TaskDefinition string `json:"taskDefinition"`
	// Scheduler, if not empty, is the external scheduler that would decide where tasks go. It was
	// not asked; the tasks are where Gantry would put them.
	Scheduler string `json:"scheduler,omitzero"`
	SimulatedTasks
	// Why tasks find no place, as in an Evaluation.
	Failures []PlacementFailure `json:"failures,omitzero"`
	Filtered []FilterCount      `json:"filtered,omitzero"`
	Remedy   string             `json:"remedy,omitzero"`
	// Instances are the instances on which tasks of the job change, by id.
	Instances []SimulatedPlace `json:"instances,omitzero"`
}

// SimulatedPlace is the outcome for a job's tasks on one instance.
type SimulatedPlace struct {
	Instance string `json:"containerInstance"`
	Name     string `json:"name,omitzero"`
	Zone     string `json:"zone,omitzero"`
	Before   int    `json:"before"`
	After    int    `json:"after"`
	Started  int    `json:"started"`
	Stopped  int    `json:"stopped"`
}

// SimulatedInstance is the outcome for one container instance.
type SimulatedInstance struct {
	ID      string `json:"id"`
	Cluster string `json:"cluster"`
	Name    string `json:"name,omitzero"`
	Zone    string `json:"zone,omitzero"`
	Status  string `json:"status"`
	New     bool   `json:"new,omitzero"` // it does not exist yet
	Before  int    `json:"before"`       // tasks
	After   int    `json:"after"`
	// Free is what its tasks leave free in the end.
	Free Resources `json:"free"`
}

// In returns the part of a simulation that concerns one cluster.
func (s *Simulation) In(cluster string) *Simulation {
	part := *s
	part.Jobs = slices.DeleteFunc(slices.Clone(s.Jobs), func(j SimulatedJob) bool { return j.Cluster != cluster })
	part.Instances = slices.DeleteFunc(slices.Clone(s.Instances), func(i SimulatedInstance) bool { return i.Cluster != cluster })
	part.Sum()
	return &part
}

// Sum adds the jobs up to the total.
func (s *Simulation) Sum() {
	s.Total = SimulatedTasks{}
	for n := range s.Jobs {
		s.Total.add(&s.Jobs[n].SimulatedTasks)
	}
}

func (t *SimulatedTasks) add(more *SimulatedTasks) {
	t.Before += more.Before
	t.After += more.After
	t.Started += more.Started
	t.Stopped += more.Stopped
	t.Moved += more.Moved
	t.Unplaced += more.Unplaced
	t.UnplacedBefore += more.UnplacedBefore
	t.Lacking.CPU += more.Lacking.CPU
	t.Lacking.Memory += more.Lacking.Memory
	t.Lacking.GPUs += more.Lacking.GPUs
}

// Title returns the job's name as shown to people.
func (j *SimulatedJob) Title() string {
	if j.Name != "" {
		return j.Type + " " + j.Name
	}
	return j.Type + " job " + j.ID
}

// Counted returns a number with its noun.
func Counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
