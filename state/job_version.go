package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var jobVersions = Declare(Declaration[structs.JobVersion]{
	Table: 9, Name: "job versions",
	Less: func(a, b *structs.JobVersion) bool {
		return cmp.Or(cmp.Compare(a.Job.ID, b.Job.ID), cmp.Compare(a.Job.Version, b.Job.Version)) < 0
	},
})

func jobVersionKey(job string, version int) *structs.JobVersion {
	return &structs.JobVersion{Job: structs.Job{ID: job, Version: version}}
}

// JobVersion returns a service as it was at a version, or nil if that version is not kept.
func (s *Snapshot) JobVersion(job string, version int) *structs.Job {
	if v := jobVersions.get(s, jobVersionKey(job, version)); v != nil {
		return &v.Job
	}
	return nil
}

// JobVersions returns the kept versions of a service, oldest first.
func (s *Snapshot) JobVersions(job string) iter.Seq[*structs.Job] {
	return func(yield func(*structs.Job) bool) {
		for v := range jobVersions.allFrom(s, jobVersionKey(job, 0)) {
			if v.Job.ID != job || !yield(&v.Job) {
				return
			}
		}
	}
}

// PutJobVersion keeps a service as its present version.
func (tx *Tx) PutJobVersion(j *structs.Job) { jobVersions.put(tx, &structs.JobVersion{Job: *j}) }

// RemoveJobVersion removes one version of a service.
func (tx *Tx) RemoveJobVersion(j *structs.Job) {
	jobVersions.remove(tx, jobVersionKey(j.ID, j.Version))
}
