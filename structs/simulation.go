package structs

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Scenario is what might happen to a cluster. All parts of it happen at once.
type Scenario struct {
	Cluster string `json:"cluster,omitzero"` // empty: that of the job, or DefaultCluster
	// Drain and Lose name container instances by id or name. Those of Drain become DRAINING; those
	// of Lose are gone, with what ran on them.
	Drain []string `json:"drain,omitzero"`
	Lose  []string `json:"lose,omitzero"`
	// LoseZones are zones of which every instance is gone.
	LoseZones []string         `json:"loseZones,omitzero"`
	Add       []AddedInstances `json:"add,omitzero"`
	// Job is a job file that is run: its JSON, or its text, YAML or JSON, as a string.
	Job json.RawMessage `json:"job,omitzero"`
}

// AddedInstances are container instances that might join, all alike.
type AddedInstances struct {
	Count int `json:"count"`
	// Like, where not empty, is an instance of the cluster, by id or name, that they resemble. What
	// is given beside it is different.
	Like       string      `json:"like,omitzero"`
	Zone       string      `json:"zone,omitzero"`
	CPU        int64       `json:"cpu,omitzero"`    // units, 1024 to a core
	Memory     int64       `json:"memory,omitzero"` // MiB
	Attributes []Attribute `json:"attributes,omitzero"`
}

// Simulation is what would come of a scenario: what the scheduler would decide, once all has come
// to rest. Nothing of it has happened.
type Simulation struct {
	// Index is the raft index of the state that it began with.
	Index uint64 `json:"index"`
	// Seconds is how long it would take, were every task up and every container stopped at once:
	// the time that the scheduler itself waits.
	Seconds float64 `json:"seconds"`
	// Cut says why the simulation ended before all had come to rest; empty when it did not.
	Cut string `json:"cut,omitzero"`
	// Summary says it all in one sentence.
	Summary string         `json:"summary"`
	Total   SimulatedTasks `json:"total"`
	// those that change, or lack a task; by name, then id
	Jobs      []SimulatedJob      `json:"jobs"`
	Instances []SimulatedInstance `json:"instances"` // those whose tasks or status change, by id
}

// SimulatedTasks counts tasks. One counts until it has stopped or was asked to.
type SimulatedTasks struct {
	Before int `json:"before"`
	After  int `json:"after"`
	// Started are new in the end, Stopped are gone. Moved are those of both that stand for each
	// other: a task stopped in one place, or in one version, and another of its job started.
	Started int `json:"started"`
	Stopped int `json:"stopped"`
	Moved   int `json:"moved"`
	// Unplaced find no place, and UnplacedBefore found none already.
	Unplaced       int `json:"unplaced"`
	UnplacedBefore int `json:"unplacedBefore,omitzero"`
	// Lacking is what those that find no place need in all.
	Lacking Resources `json:"lacking,omitzero"`
}

// SimulatedJob is what becomes of one job.
type SimulatedJob struct {
	ID             string `json:"id"`
	Cluster        string `json:"cluster"`
	Name           string `json:"name,omitzero"`
	Type           string `json:"type"`
	TaskDefinition string `json:"taskDefinition"`
	// Scheduler, where not empty, is the outside scheduler that would decide where tasks go. It was
	// not asked: they stand where Gantry would have put them.
	Scheduler string `json:"scheduler,omitzero"`
	SimulatedTasks
	// Why tasks find no place, as in an Evaluation.
	Failures []PlacementFailure `json:"failures,omitzero"`
	Filtered []FilterCount      `json:"filtered,omitzero"`
	Remedy   string             `json:"remedy,omitzero"`
	// Instances are those on which something of the job changes, by id.
	Instances []SimulatedPlace `json:"instances,omitzero"`
}

// SimulatedPlace is what becomes of a job's tasks on one instance.
type SimulatedPlace struct {
	Instance string `json:"containerInstance"`
	Name     string `json:"name,omitzero"`
	Zone     string `json:"zone,omitzero"`
	Before   int    `json:"before"`
	After    int    `json:"after"`
	Started  int    `json:"started"`
	Stopped  int    `json:"stopped"`
}

// SimulatedInstance is what becomes of one container instance.
type SimulatedInstance struct {
	ID      string `json:"id"`
	Cluster string `json:"cluster"`
	Name    string `json:"name,omitzero"`
	Zone    string `json:"zone,omitzero"`
	Status  string `json:"status"`
	New     bool   `json:"new,omitzero"` // it is not there yet
	Before  int    `json:"before"`       // tasks
	After   int    `json:"after"`
	// Free is what its tasks leave of it in the end.
	Free Resources `json:"free"`
}

// In gives the part of a simulation that is about one cluster.
func (s *Simulation) In(cluster string) *Simulation {
	part := *s
	part.Jobs = slices.DeleteFunc(slices.Clone(s.Jobs), func(j SimulatedJob) bool { return j.Cluster != cluster })
	part.Instances = slices.DeleteFunc(slices.Clone(s.Instances), func(i SimulatedInstance) bool { return i.Cluster != cluster })
	part.Sum()
	return &part
}

// Sum makes the total that of the jobs.
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

// Title is what people call the job.
func (j *SimulatedJob) Title() string {
	if j.Name != "" {
		return j.Type + " " + j.Name
	}
	return j.Type + " job " + j.ID
}

// Counted writes a number with its noun.
func Counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
