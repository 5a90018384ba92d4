package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var deployments = Declare(Declaration[structs.Deployment]{
	Table: 10, Name: "deployments",
	Less: func(a, b *structs.Deployment) bool { return a.ID < b.ID },
	Indexes: []Index[structs.Deployment]{
		deploymentsByJob: {Of: func(d *structs.Deployment) string { return d.Job }, Less: lessJobDeployment},
	},
	Topics: func(was, d *structs.Deployment, removed bool) [maxTopics]Topic {
		if was != nil && !removed && was.Status == d.Status && was.Alternate == d.Alternate && sameTraffic(was.Traffic, d.Traffic) {
			return [maxTopics]Topic{}
		}
		return [maxTopics]Topic{{Kind: TopicTraffic}}
	},
})

// The indexes of deployments.
const deploymentsByJob = 0 // in the order of creation

// lessJobDeployment is the order of creation. It compares the job's version first, which only
// grows, because the clocks of servers differ.
func lessJobDeployment(a, b *structs.Deployment) bool {
	return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.JobVersion, b.JobVersion),
		cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID)) < 0
}

// Deployment returns a deployment by id, or nil if there is none.
func (s *Snapshot) Deployment(id string) *structs.Deployment {
	return deployments.get(s, &structs.Deployment{ID: id})
}

// Deployments returns the deployments of a service in the order of their creation, including
// INACTIVE ones.
func (s *Snapshot) Deployments(job string) iter.Seq[*structs.Deployment] {
	return deployments.of(s, deploymentsByJob, &structs.Deployment{Job: job})
}

// AllDeployments returns every deployment by id.
func (s *Snapshot) AllDeployments() iter.Seq[*structs.Deployment] { return deployments.all(s) }

// PutDeployment adds or replaces a deployment.
func (tx *Tx) PutDeployment(d *structs.Deployment) { deployments.put(tx, d) }

// RemoveDeployment removes a deployment.
func (tx *Tx) RemoveDeployment(d *structs.Deployment) { deployments.remove(tx, d) }
