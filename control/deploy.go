package control

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Deploy makes a service that runs an image, reachable over HTTPS, or changes one. What the request
// leaves out stays as it is. It is PutJob of the job file that the service then has.
func (c *Control) Deploy(ctx context.Context, in structs.Deploy) (*structs.Deployed, error) {
	in.Cluster = cmp.Or(in.Cluster, structs.DefaultCluster)
	switch {
	case in.Name == "":
		return nil, structs.Errorf(structs.KindInvalidParameter, "name: a service needs one")
	case in.Image == "":
		return nil, structs.Errorf(structs.KindInvalidParameter, "image: name the image to run, such as nginx:alpine")
	}
	return c.deployAs(ctx, func(snap *state.Snapshot) (*structs.JobSpec, error) {
		return in.SpecWith(presentSpec(snap, in.Cluster, in.Name))
	}, in.Force)
}

// presentSpec returns a service that has not ended as a job file; nil if there is none.
func presentSpec(snap *state.Snapshot, cluster, name string) *structs.JobSpec {
	job := snap.Service(cluster, name)
	if job == nil || job.Status != structs.ServiceActive || job.External() {
		return nil // put then makes a new one, or says what is in the way
	}
	return specAt(snap, job)
}

// specAt returns a version of a service as a job file that shares no memory with state.
func specAt(snap *state.Snapshot, job *structs.Job) *structs.JobSpec {
	s := structs.SpecOf(job, snap.TaskDefinition(job.TaskDefinition), jobTags(snap, job))
	containers := make([]structs.ContainerDefinition, len(s.Containers))
	copy(containers, s.Containers)
	s.Containers = containers
	return s
}

// deployAs puts the job file that wanted returns for the newest state.
func (c *Control) deployAs(ctx context.Context, wanted func(*state.Snapshot) (*structs.JobSpec, error), force bool) (*structs.Deployed, error) {
	var out *structs.Deployed
	_, err := retryConflicts(func() (*structs.Job, error) {
		snap, err := c.Read(ctx)
		if err != nil {
			return nil, err
		}
		spec, err := wanted(snap)
		if err != nil {
			return nil, err
		}
		// whoever chooses what runs with a role must be allowed to pass it
		if err := c.PassRole(ctx, spec.TaskRoleArn, spec.ExecutionRoleArn); err != nil {
			return nil, err
		}
		was := snap.Service(spec.Cluster, spec.Name)
		put, err := c.putSpec(ctx, snap, spec, runToken{})
		if err != nil {
			return nil, err
		}
		if force && put.Result == structs.JobUnchanged {
			if put, err = c.redeploy(ctx, put); err != nil {
				return nil, err
			}
		}
		now := c.config.Store.Snapshot()
		job := now.Job(put.ID)
		out = &structs.Deployed{JobPut: *put, Image: exposedImage(now, job)}
		if was != nil && was.Status == structs.ServiceActive {
			out.WasImage = exposedImage(snap, was)
		}
		return job, nil
	})
	return out, err
}

// redeploy starts a deployment of a service whose job file is unchanged.
func (c *Control) redeploy(ctx context.Context, put *structs.JobPut) (*structs.JobPut, error) {
	job, err := c.UpdateService(ctx, UpdateServiceInput{Cluster: put.Cluster, Name: put.Name, ForceNewDeployment: true})
	if err != nil {
		return nil, err
	}
	again := *put
	again.Result, again.Version = structs.JobUpdated, job.Version
	for d := range c.config.Store.Snapshot().Deployments(job.ID) {
		if d.Status == structs.DeploymentPrimary {
			again.Deployment = d.ID
		}
	}
	return &again, nil
}

// exposedImage returns the image of a service's exposed container, or of its first.
func exposedImage(snap *state.Snapshot, job *structs.Job) string {
	d := snap.TaskDefinition(job.TaskDefinition)
	if d == nil {
		return ""
	}
	name := d.ContainerDefinitions[0].Name
	if e := job.Service.Expose; e != nil {
		name = cmp.Or(e.ContainerIn(d), name)
	}
	for i := range d.ContainerDefinitions {
		if c := &d.ContainerDefinitions[i]; c.Name == name {
			return c.Image
		}
	}
	return ""
}
