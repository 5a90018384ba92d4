package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var jobs = Declare(Declaration[structs.Job]{
	Table: 5, Name: "jobs",
	Less: func(a, b *structs.Job) bool { return a.ID < b.ID },
	Indexes: []Index[structs.Job]{
		jobsByCluster: {Of: jobCluster, Less: func(a, b *structs.Job) bool {
			return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.ID, b.ID)) < 0
		}},
		jobsByToken: {
			Of: jobCluster,
			Less: func(a, b *structs.Job) bool {
				return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.ClientToken, b.ClientToken)) < 0
			},
			Has: func(j *structs.Job) bool { return j.ClientToken != "" },
		},
		servicesByName: {
			Of: jobCluster, Less: lessService,
			Has: func(j *structs.Job) bool { return j.Name != "" && j.Type != structs.JobBatch },
		},
		batchRuns: {
			Of: jobCluster, Less: lessRun,
			Has: func(j *structs.Job) bool { return j.Name != "" && j.Type == structs.JobBatch },
		},
		balancedServices: {
			Of: jobCluster, Less: func(a, b *structs.Job) bool { return a.ID < b.ID },
			Has: balanced,
		},
	},
	Topics: func(was, j *structs.Job, _ bool) [maxTopics]Topic {
		if j.Service != nil {
			return [maxTopics]Topic{{Kind: TopicTraffic}}
		}
		return [maxTopics]Topic{}
	},
})

// The indexes of jobs.
const (
	jobsByCluster    = iota // by cluster and id
	jobsByToken             // by cluster and client token; those that have a client token
	servicesByName          // by cluster, name and id; services and daemons
	batchRuns               // by cluster, name, time and id; batch jobs that have a name
	balancedServices        // by id; services that name target groups
)

// balanced reports whether the tasks of a job are targets.
func balanced(j *structs.Job) bool { return j.Service != nil && len(j.Service.LoadBalancers) > 0 }

func jobCluster(j *structs.Job) string { return j.Cluster }

func lessService(a, b *structs.Job) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) < 0
}

func lessRun(a, b *structs.Job) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID)) < 0
}

// Job returns a job by id, or nil if there is none.
func (s *Snapshot) Job(id string) *structs.Job { return jobs.get(s, &structs.Job{ID: id}) }

// JobByToken returns the job that was created with a client token in a cluster, or nil if there is
// none.
func (s *Snapshot) JobByToken(cluster, token string) *structs.Job {
	return jobs.find(s, jobsByToken, &structs.Job{Cluster: cluster, ClientToken: token})
}

// AllJobs returns every job of every cluster by id.
func (s *Snapshot) AllJobs() iter.Seq[*structs.Job] { return jobs.all(s) }

// Jobs returns the jobs of a cluster by id.
func (s *Snapshot) Jobs(cluster string) iter.Seq[*structs.Job] {
	return jobs.of(s, jobsByCluster, &structs.Job{Cluster: cluster})
}

// BatchRuns returns the runs of the batch job with a name, oldest first.
func (s *Snapshot) BatchRuns(cluster, name string) iter.Seq[*structs.Job] {
	return while(jobs.from(s, batchRuns, &structs.Job{Cluster: cluster, Name: name}),
		func(j *structs.Job) bool { return j.Cluster == cluster && j.Name == name })
}

// BatchJob returns the last run of the batch job with a name, or nil if there is none.
func (s *Snapshot) BatchJob(cluster, name string) (last *structs.Job) {
	for j := range s.BatchRuns(cluster, name) {
		last = j
	}
	return last
}

// BalancedServices returns the services of all clusters whose tasks are targets, by id.
func (s *Snapshot) BalancedServices() iter.Seq[*structs.Job] {
	return jobs.from(s, balancedServices, &structs.Job{})
}

// PutJob adds or replaces a job.
func (tx *Tx) PutJob(j *structs.Job) { jobs.put(tx, j) }

// RemoveJob removes a job and its client token.
func (tx *Tx) RemoveJob(j *structs.Job) { jobs.remove(tx, j) }
