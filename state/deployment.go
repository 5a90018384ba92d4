package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

func lessDeployment(a, b *structs.Deployment) bool { return a.ID < b.ID }

// lessJobDeployment is the order of creation. Clocks of servers differ; versions of a job only
// grow.
func lessJobDeployment(a, b *structs.Deployment) bool {
	return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.JobVersion, b.JobVersion),
		cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID)) < 0
}

// Deployment gives a deployment by id, nil when there is none.
func (s *Snapshot) Deployment(id string) *structs.Deployment {
	d, _ := s.deployments.get(&structs.Deployment{ID: id})
	return d
}

// Deployments gives the deployments of a service in the order of their creation, INACTIVE ones too.
func (s *Snapshot) Deployments(job string) iter.Seq[*structs.Deployment] {
	return while(s.jobDeployments.from(&structs.Deployment{Job: job}),
		func(d *structs.Deployment) bool { return d.Job == job })
}

// AllDeployments gives every deployment by id.
func (s *Snapshot) AllDeployments() iter.Seq[*structs.Deployment] { return s.deployments.all() }

// PutDeployment adds or replaces a deployment. Its job, job version and time of creation never
// change.
func (tx *Tx) PutDeployment(d *structs.Deployment) {
	tx.deployments.put(d)
	tx.jobDeployments.put(d)
}

// RemoveDeployment forgets a deployment.
func (tx *Tx) RemoveDeployment(d *structs.Deployment) {
	tx.deployments.remove(d)
	tx.jobDeployments.remove(d)
}
