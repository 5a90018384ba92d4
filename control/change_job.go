package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// jobChange describes what submitting a job file would change in a given state.
type jobChange struct {
	present    *structs.Job // nil if none has that name, or it has ended
	next       *structs.Job // equals present if nothing changes
	deployment *structs.Deployment
	evaluation string // the id of the evaluation that decides on it
	fields     []structs.FieldChange
	commands   []structs.Command // empty if nothing changes
}

// jobIDs are minted before a change, whether or not it needs them. by is the ARN of the caller;
// empty if it is not known.
type jobIDs struct{ job, deployment, evaluation, by string }

func (c *Control) mintJobIDs(ctx context.Context) jobIDs {
	return jobIDs{by: callerARN(ctx), job: c.config.NewID(), deployment: "ecs-svc/" + nineteenDigits(c.config.NewID()), evaluation: c.config.NewID()}
}

// changeJob turns a spec into the commands that make the cluster match it. It is a pure function of
// its arguments, so a dry run shows exactly what would be done.
func (c *Control) changeJob(snap *state.Snapshot, spec *structs.JobSpec, ids jobIDs, now structs.Time) (*jobChange, error) {
	if field, problem := spec.Problem(); field != "" {
		return nil, structs.Errorf(structs.KindInvalidParameter, "%s: %s", field, problem)
	}
	if _, err := activeCluster(snap, spec.Cluster); err != nil {
		return nil, structs.Errorf(structs.KindOf(err), "cluster: there is no cluster %s; a machine that joins makes it, and so does CreateCluster", spec.Cluster)
	}
	if spec.Type == structs.JobBatch {
		change, err := c.changeBatch(snap, spec, ids, now)
		return change, inJobWords(err)
	}
	change, err := c.changeService(snap, spec, ids, now)
	return change, inJobWords(err)
}

// definitionFor returns the revision that runs a spec: the job's own or the newest of the family if
// one of them matches, otherwise a new one with the next revision number.
func definitionFor(snap *state.Snapshot, present *structs.Job, spec *structs.JobSpec, by string, now structs.Time) (d *structs.TaskDefinition, isNew bool, err error) {
	wanted, err := spec.Definition()
	if err != nil {
		return nil, false, err
	}
	if missing := structs.UnsupportedFeatures(wanted, nil); len(missing) > 0 {
		return nil, false, structs.Errorf(structs.KindUnsupportedFeature, "%s: not supported by this version of Gantry; leave it out", strings.Join(missing, ", "))
	}
	known := []*structs.TaskDefinition{snap.LatestTaskDefinition(spec.Name)}
	if present != nil {
		known = []*structs.TaskDefinition{snap.TaskDefinition(present.TaskDefinition), known[0]}
	}
	for _, d := range known {
		if d != nil && len(structs.DiffDefinitions(d, wanted)) == 0 {
			return d, false, nil
		}
	}
	wanted.Revision, wanted.RegisteredAt, wanted.RegisteredBy = snap.LastRevision(wanted.Family)+1, now, by
	return wanted, true, nil
}

// changedFields returns how a job changes, in terms of its job file.
func changedFields(snap *state.Snapshot, present, next *structs.Job, definition *structs.TaskDefinition, tags []structs.Tag) []structs.FieldChange {
	var from *structs.JobSpec
	var was *structs.TaskDefinition
	if present != nil {
		from = specOf(snap, present, nil, jobTags(snap, present))
		was = snap.TaskDefinition(present.TaskDefinition)
	}
	fields := structs.Diff(from, specOf(snap, next, nil, tags))
	fields = append(fields, structs.DiffDefinitions(was, definition)...)
	return append(fields, structs.DiffLiveFiles(present.LiveFiles(), next.Files)...)
}

// specOf returns a job as its job file would have it, with the names of target groups.
func specOf(snap *state.Snapshot, job *structs.Job, d *structs.TaskDefinition, tags []structs.Tag) *structs.JobSpec {
	spec := structs.SpecOf(job, d, tags)
	spec.LoadBalancers = slices.Clone(spec.LoadBalancers)
	for n := range spec.LoadBalancers {
		b := &spec.LoadBalancers[n]
		b.TargetGroup = groupName(snap, b.TargetGroup)
		if b.Alternate != nil {
			b.Alternate = new(*b.Alternate)
			b.Alternate.TargetGroup = groupName(snap, b.Alternate.TargetGroup)
		}
	}
	return spec
}

func groupName(snap *state.Snapshot, id string) string {
	if group := snap.TargetGroup(id); group != nil {
		return group.Name
	}
	return id
}

// jobTags returns the tags of a job as in its file.
func jobTags(snap *state.Snapshot, job *structs.Job) []structs.Tag {
	if job.Type == structs.JobBatch {
		return job.Tags
	}
	return snap.Tags(structs.ServiceKey(job.Cluster, job.Name))
}

// otherType returns the error for a job that would change its type.
func otherType(present *structs.Job, spec *structs.JobSpec) error {
	return structs.Errorf(structs.KindConflict, "type: job %s is a %s and cannot become a %s; stop it first, or give the new one another name",
		spec.Name, present.Type, spec.Type)
}

// inJobWords rewords an error about ECS's fields so that it names those of a job file.
func inJobWords(err error) error {
	kind := structs.KindOf(err)
	if err == nil || kind == structs.KindInternal {
		return err
	}
	// an error of a task definition; here the caller gave a file
	if kind == structs.KindClient {
		kind = structs.KindInvalidParameter
	}
	return structs.Errorf(kind, "%s", structs.JobFieldNames(err.Error()))
}
