package control

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	// scheduleWait is how long at most RunTask waits for its evaluation. After that the job still
	// exists, and the caller may ask again with the same client token.
	scheduleWait = 20 * time.Second
	// queueWait is how long it waits for a job whose tasks queue. They exist already, and the
	// caller need not know whether they have an instance yet.
	queueWait = time.Second
)

// RunTaskInput asks for tasks that run to completion. The caller fills these fields of Job:
// Cluster, TaskDefinition (family or family:revision), Count or Instances, and what is passed on to
// the tasks.
type RunTaskInput struct {
	Job           structs.Job
	PropagateTags string // empty or structs.PropagateFromDefinition
}

// Placed is the outcome of RunTask: the tasks that were placed, and why others were not. If the job
// queues its tasks, all of them are here, and those without an instance wait for room.
type Placed struct {
	Tasks    []*structs.Task
	Failures []structs.PlacementFailure
}

// RunTask creates a batch job and waits until the scheduler has decided on it. If the client token
// was used before in the cluster, the earlier job's outcome is returned.
func (c *Control) RunTask(ctx context.Context, in RunTaskInput) (Placed, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return Placed{}, err
	}
	job, err := c.batchJob(snap, in)
	if err != nil {
		return Placed{}, err
	}
	eval := structs.Evaluation{
		ID: c.config.NewID(), Cluster: job.Cluster, Job: job.ID,
		Because: structs.BecauseJobRegistered, Status: structs.EvaluationReady, CreatedAt: job.CreatedAt,
	}
	decided := c.config.Store.Subscribe(state.Topic{Kind: state.TopicEvaluations, ID: eval.ID})
	defer decided.Close()
	cmd := structs.CreateJob{Job: job, Evaluation: eval}
	if job.Queues() {
		strategy := job.Strategy()
		for i, n := range structs.Shares(strategy, job.Count) {
			for range n {
				cmd.Tasks = append(cmd.Tasks, c.config.NewID())
				cmd.Providers = append(cmd.Providers, strategy[i].CapacityProvider)
			}
		}
	}
	applied, err := c.config.Log.Apply(ctx, cmd)
	if err != nil {
		return Placed{}, err
	}
	if applied.Key != job.ID { // the client token found an earlier job
		for earlier := range c.config.Store.Snapshot().JobEvaluations(applied.Key) {
			eval = *earlier
		}
		decided.Close()
		decided = c.config.Store.Subscribe(state.Topic{Kind: state.TopicEvaluations, ID: eval.ID})
	}
	return c.awaitPlacement(ctx, decided, applied.Key, eval.ID)
}

// batchJob checks the input and completes the job.
func (c *Control) batchJob(snap *state.Snapshot, in RunTaskInput) (structs.Job, error) {
	job := in.Job
	cluster, err := activeCluster(snap, job.Cluster)
	if err != nil {
		return job, err
	}
	if len(job.Instances) == 0 {
		if err := chooseCapacity(cluster, &job); err != nil {
			return job, err
		}
	}
	def, err := runnableDefinition(snap, job.TaskDefinition)
	if err != nil {
		// An earlier job with this token counts, even if its task definition has since changed.
		if earlier := snap.JobByToken(job.Cluster, job.ClientToken); job.ClientToken == "" || earlier == nil {
			return job, err
		} else if def = snap.TaskDefinition(earlier.TaskDefinition); def == nil {
			return job, err
		}
	}
	if err := checkOverrides(def, job.Overrides); err != nil {
		return job, err
	}
	job.Overrides = job.Overrides.Normalize()
	if err := c.checkLaunch(&job, def); err != nil {
		return job, err
	}
	if err := checkSupported(def, job.Overrides); err != nil {
		return job, err
	}
	if err := job.ValidatePlacement(def); err != nil {
		return job, err
	}
	if len(job.Instances) > 0 {
		job.Count = len(job.Instances)
	}
	job.ID = c.config.NewID()
	job.Type = structs.JobBatch
	job.TaskDefinition = def.Key()
	job.CreatedAt = c.Now()
	if job.Group == "" {
		job.Group = "family:" + def.Family
	}
	if in.PropagateTags == structs.PropagateFromDefinition {
		job.Tags = mergeTags(snap.Tags(structs.TaskDefinitionKey(def.Key())), job.Tags)
	}
	return job, nil
}

// checkLaunch checks the launch type, the platform version and the network of a job that came
// through the ECS API, where tasks of the mode awsvpc always name their subnets.
func (c *Control) checkLaunch(job *structs.Job, def *structs.TaskDefinition) error {
	job.Network = job.Network.Normalize()
	if err := job.ValidateLaunch(def, c.config.Fargate); err != nil {
		return err
	}
	if err := job.RequireNetwork(def); err != nil {
		return err
	}
	return nil
}

// mergeTags returns base with the tags of over added or replaced.
func mergeTags(base, over []structs.Tag) []structs.Tag {
	merged := slices.DeleteFunc(slices.Clone(base), func(b structs.Tag) bool {
		return slices.ContainsFunc(over, func(o structs.Tag) bool { return o.Key == b.Key })
	})
	return append(merged, over...)
}

func checkOverrides(def *structs.TaskDefinition, o *structs.TaskOverride) error {
	if o == nil {
		return nil
	}
	if err := o.Validate(); err != nil {
		return err
	}
	for _, over := range o.ContainerOverrides {
		named := func(d structs.ContainerDefinition) bool { return d.Name == over.Name }
		if !slices.ContainsFunc(def.ContainerDefinitions, named) {
			return structs.Errorf(structs.KindInvalidParameter,
				"Override for container named %s is not a container in the TaskDefinition.", over.Name)
		}
	}
	return nil
}

// checkSupported fails, naming the fields, if a definition has fields that agents cannot honor.
func checkSupported(def *structs.TaskDefinition, o *structs.TaskOverride) error {
	if missing := structs.UnsupportedFeatures(def, o); len(missing) > 0 {
		return structs.Errorf(structs.KindUnsupportedFeature,
			"this version of Gantry cannot run task definition %s: it does not support %s", def.Key(), strings.Join(missing, ", "))
	}
	return nil
}

func (c *Control) awaitPlacement(ctx context.Context, decided *state.Subscription, id, eval string) (Placed, error) {
	job := c.config.Store.Snapshot().Job(id)
	queues, wait := job != nil && job.Queues(), scheduleWait
	if queues {
		wait = queueWait
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		snap := c.config.Store.Snapshot()
		placed := Placed{Tasks: slices.Collect(snap.JobTasks(id))}
		e := snap.Evaluation(eval)
		if e != nil && e.Status != structs.EvaluationReady {
			if !queues {
				placed.Failures = e.Failures
			}
			return placed, nil
		}
		select {
		case <-decided.C:
		case <-ctx.Done():
			if queues {
				return placed, nil
			}
			return Placed{}, structs.Errorf(structs.KindUnavailable,
				"the request was taken but is not scheduled yet; ask again with the same clientToken to see its tasks")
		}
	}
}
