package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

func lessJob(a, b *structs.Job) bool { return a.ID < b.ID }

func lessClusterJob(a, b *structs.Job) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.ID, b.ID)) < 0
}

func lessToken(a, b *structs.Job) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.ClientToken, b.ClientToken)) < 0
}

// Job gives a job by id, nil when there is none.
func (s *Snapshot) Job(id string) *structs.Job {
	j, _ := s.jobs.get(&structs.Job{ID: id})
	return j
}

// JobByToken gives the job that a client token made in a cluster, nil when there is none.
func (s *Snapshot) JobByToken(cluster, token string) *structs.Job {
	j, _ := s.tokens.get(&structs.Job{Cluster: cluster, ClientToken: token})
	return j
}

// AllJobs gives every job of every cluster by id.
func (s *Snapshot) AllJobs() iter.Seq[*structs.Job] { return s.jobs.all() }

// Jobs gives the jobs of a cluster by id.
func (s *Snapshot) Jobs(cluster string) iter.Seq[*structs.Job] {
	return while(s.clusterJobs.from(&structs.Job{Cluster: cluster}),
		func(j *structs.Job) bool { return j.Cluster == cluster })
}

func lessRun(a, b *structs.Job) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Name, b.Name), cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID)) < 0
}

// BatchRuns gives the runs of the batch job of a name, oldest first.
func (s *Snapshot) BatchRuns(cluster, name string) iter.Seq[*structs.Job] {
	return while(s.runs.from(&structs.Job{Cluster: cluster, Name: name}),
		func(j *structs.Job) bool { return j.Cluster == cluster && j.Name == name })
}

// BatchJob gives the last run of the batch job of a name, nil when there is none.
func (s *Snapshot) BatchJob(cluster, name string) (last *structs.Job) {
	for j := range s.BatchRuns(cluster, name) {
		last = j
	}
	return last
}

// PutJob adds or replaces a job. A job never changes its cluster, name or client token.
func (tx *Tx) PutJob(j *structs.Job) {
	tx.jobs.put(j)
	tx.clusterJobs.put(j)
	if j.ClientToken != "" {
		tx.tokens.put(j)
	}
	switch {
	case j.Name != "" && j.Type == structs.JobBatch:
		tx.runs.put(j)
	case j.Name != "":
		tx.services.put(j)
	}
}

// RemoveJob forgets a job and its client token.
func (tx *Tx) RemoveJob(j *structs.Job) {
	tx.jobs.remove(j)
	tx.clusterJobs.remove(j)
	tx.tokens.remove(j)
	tx.services.remove(j)
	tx.runs.remove(j)
}
