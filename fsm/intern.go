package fsm

import "github.com/gantry-project/gantry/structs"

// interner keeps one copy of each string that many rows repeat. Decoding makes a copy for each row,
// so a million tasks would otherwise hold a million copies of the names of their cluster, job,
// instance and containers.
type interner map[string]string

func (in interner) share(fields ...*string) {
	for _, s := range fields {
		if one, ok := in[*s]; ok {
			*s = one
		} else {
			in[*s] = *s
		}
	}
}

// row replaces a row's strings by shared ones, for nouns that have many rows.
func (in interner) row(row any) {
	switch row := row.(type) {
	case *structs.ContainerInstance:
		in.instance(row)
	case *structs.Job:
		in.job(row)
	case *structs.JobVersion:
		in.job(&row.Job)
	case *structs.Deployment:
		in.deployment(row)
	case *structs.Task:
		in.task(row)
	case *structs.Evaluation:
		in.evaluation(row)
	}
}

func (in interner) instance(i *structs.ContainerInstance) {
	in.share(&i.ID, &i.Cluster, &i.Zone, &i.Status, &i.CapacityProvider)
}

func (in interner) job(j *structs.Job) {
	in.share(&j.ID, &j.Cluster, &j.Name, &j.Type, &j.Status, &j.TaskDefinition, &j.Group, &j.StartedBy, &j.LaunchType, &j.PlatformVersion)
}

func (in interner) deployment(d *structs.Deployment) {
	in.share(&d.ID, &d.Cluster, &d.Job, &d.TaskDefinition, &d.Status, &d.Rollout)
}

func (in interner) evaluation(e *structs.Evaluation) {
	in.share(&e.Cluster, &e.Job, (*string)(&e.Because), &e.Status)
	if e.Queue != nil {
		in.share(&e.Queue.Ask)
	}
	for n := range e.Failures {
		in.share(&e.Failures[n].Instance, &e.Failures[n].Reason)
	}
}

func (in interner) task(t *structs.Task) {
	in.share(&t.Cluster, &t.Job, &t.TaskDefinition, &t.Instance, &t.Group, &t.CapacityProvider, &t.StartedBy, &t.StopCode, &t.StoppedReason)
	for n := range t.GPUs {
		in.share(&t.GPUs[n])
	}
	for n := range t.Ports {
		in.share(&t.Ports[n].Protocol)
	}
	for n := range t.Containers {
		c := &t.Containers[n]
		in.share(&c.Name, &c.ImageDigest, &c.HealthStatus)
		for b := range c.NetworkBindings {
			in.share(&c.NetworkBindings[b].BindIP, &c.NetworkBindings[b].Protocol)
		}
	}
}
