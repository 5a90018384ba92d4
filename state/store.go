package state

import (
	"sync"
	"sync/atomic"

	"github.com/gantry-project/gantry/structs"
)

// Store holds the newest state and tells subscribers what changed.
type Store struct {
	current atomic.Pointer[Snapshot]
	write   sync.Mutex // one transaction at a time
	feed    feed
}

// New makes an empty store.
func New() *Store {
	s := &Store{feed: feed{subs: map[Topic]map[*Subscription]struct{}{}}}
	s.current.Store(newSnapshot())
	return s
}

// Snapshot gives the newest state. It never changes and costs nothing.
func (s *Store) Snapshot() *Snapshot { return s.current.Load() }

// Update runs one transaction at a raft index and makes its result the newest state. When fn fails
// nothing has changed but the index, and its error is returned. Only fsm calls it.
func (s *Store) Update(index uint64, fn func(*Tx) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	old := s.current.Load()
	tx := &Tx{Snapshot: old.copy(), usages: map[string]*structs.Usage{}}
	err := fn(tx)
	if err != nil {
		tx = &Tx{Snapshot: old.copy()}
	}
	tx.reclass()
	tx.index = index
	s.current.Store(tx.Snapshot)
	s.feed.publish(tx.changes)
	return err
}

// Replace puts a restored state in place of the present one and tells every subscriber to look at
// everything again.
func (s *Store) Replace(restored *Store) {
	s.write.Lock()
	defer s.write.Unlock()
	s.current.Store(restored.current.Load())
	s.feed.resync()
}

// Snapshot is the state at one raft index. Rows it gives out are shared: never change them.
type Snapshot struct {
	index uint64
	// copying guards copy: the copy of a table leaves a mark in the table that it is of.
	copying sync.Mutex

	clusters         table[*structs.Cluster]
	definitions      table[*structs.TaskDefinition]
	revisions        table[revision]
	instances        table[*structs.ContainerInstance] // by id
	clusterInstances table[*structs.ContainerInstance] // by cluster, id
	usage            table[usageRow]
	hosts            table[*host]         // by instance
	classes          table[*class]        // by cluster, what its instances have in common
	jobs             table[*structs.Job]  // by id
	clusterJobs      table[*structs.Job]  // by cluster, id
	tokens           table[*structs.Job]  // by cluster, client token; only jobs that have one
	tasks            table[*structs.Task] // by id
	jobTasks         table[*structs.Task] // by job, id
	// by instance, id; only tasks that hold their resources
	instanceTasks table[*structs.Task]
	// by group, instance, id; only those of instanceTasks that are of no service
	groupTasks      table[*structs.Task]
	evaluations     table[*structs.Evaluation] // by id
	jobEvaluations  table[*structs.Evaluation] // by job, id
	openEvaluations table[*structs.Evaluation] // by job, id; only those that are not done
	blocked         table[*structs.Evaluation] // by cluster, id; only those that are blocked
	// in the order of structs.CompareWaiting; only those in a queue for room
	waiting table[*structs.Evaluation]
	// by cluster, most important first; only those of waiting that are ready
	called   table[*structs.Evaluation]
	tags     table[tagRow]
	services table[*structs.Job] // by cluster, name, id; only services
	// by cluster, name, time, id; only batch jobs that have a name
	runs           table[*structs.Job]
	jobVersions    table[*structs.Job]           // by id, version
	deployments    table[*structs.Deployment]    // by id
	jobDeployments table[*structs.Deployment]    // by job, order of creation
	events         table[*structs.ServiceEvents] // by job
	room           table[roomRow]
	providers      table[*structs.CapacityProvider] // by name
	keys           table[*structs.AccessKey]        // by id
	settings       table[*structs.AccountSetting]   // by principal, name
	bootstrap      *structs.Bootstrap               // nil: it has not been done
}

func newSnapshot() *Snapshot {
	return &Snapshot{
		clusters:         newTable(lessCluster),
		definitions:      newTable(lessDefinition),
		revisions:        newTable(lessRevision),
		instances:        newTable(lessInstance),
		clusterInstances: newTable(lessClusterInstance),
		usage:            newTable(lessUsage),
		hosts:            newTable(lessHost),
		classes:          newTable(lessClass),
		jobs:             newTable(lessJob),
		clusterJobs:      newTable(lessClusterJob),
		tokens:           newTable(lessToken),
		tasks:            newTable(lessTask),
		jobTasks:         newTable(lessJobTask),
		instanceTasks:    newTable(lessInstanceTask),
		groupTasks:       newTable(lessGroupTask),
		evaluations:      newTable(lessEvaluation),
		jobEvaluations:   newTable(lessJobEvaluation),
		openEvaluations:  newTable(lessJobEvaluation),
		blocked:          newTable(lessClusterEvaluation),
		waiting:          newTable(lessWaiting),
		called:           newTable(lessCalled),
		tags:             newTable(lessTag),
		services:         newTable(lessService),
		runs:             newTable(lessRun),
		jobVersions:      newTable(lessJobVersion),
		deployments:      newTable(lessDeployment),
		jobDeployments:   newTable(lessJobDeployment),
		events:           newTable(lessEvents),
		room:             newTable(lessRoom),
		providers:        newTable(lessProvider),
		keys:             newTable(lessAccessKey),
		settings:         newTable(lessAccountSetting),
	}
}

func (s *Snapshot) copy() *Snapshot {
	s.copying.Lock()
	defer s.copying.Unlock()
	return &Snapshot{
		index:            s.index,
		clusters:         s.clusters.copy(),
		definitions:      s.definitions.copy(),
		revisions:        s.revisions.copy(),
		instances:        s.instances.copy(),
		clusterInstances: s.clusterInstances.copy(),
		usage:            s.usage.copy(),
		hosts:            s.hosts.copy(),
		classes:          s.classes.copy(),
		jobs:             s.jobs.copy(),
		clusterJobs:      s.clusterJobs.copy(),
		tokens:           s.tokens.copy(),
		tasks:            s.tasks.copy(),
		jobTasks:         s.jobTasks.copy(),
		instanceTasks:    s.instanceTasks.copy(),
		groupTasks:       s.groupTasks.copy(),
		evaluations:      s.evaluations.copy(),
		jobEvaluations:   s.jobEvaluations.copy(),
		openEvaluations:  s.openEvaluations.copy(),
		blocked:          s.blocked.copy(),
		waiting:          s.waiting.copy(),
		called:           s.called.copy(),
		tags:             s.tags.copy(),
		services:         s.services.copy(),
		runs:             s.runs.copy(),
		jobVersions:      s.jobVersions.copy(),
		deployments:      s.deployments.copy(),
		jobDeployments:   s.jobDeployments.copy(),
		events:           s.events.copy(),
		room:             s.room.copy(),
		providers:        s.providers.copy(),
		keys:             s.keys.copy(),
		settings:         s.settings.copy(),
		bootstrap:        s.bootstrap,
	}
}

// Index is the raft index of the last entry that the state holds.
func (s *Snapshot) Index() uint64 { return s.index }

// Tx is one transaction: it reads its own writes. Not safe for concurrent use.
type Tx struct {
	*Snapshot
	usages map[string]*structs.Usage // by instance: this transaction's own copies, free to change
	// ids of instances of which something changed that the index of classes shows
	touched []string
	changes []change
}
