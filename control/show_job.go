package control

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// How much of a job one answer shows: the newest of each kind.
const (
	shownTasks       = 1000
	shownEvaluations = 20
)

// ListJobs lists the jobs of a cluster; with all, including those that have ended. Services and
// daemons come first, by name, then batch jobs, newest first.
func (c *Control) ListJobs(ctx context.Context, cluster string, all bool) (*structs.JobList, error) {
	snap, err := c.ReadCluster(ctx, cluster)
	if err != nil {
		return nil, err
	}
	list := &structs.JobList{Index: snap.Index(), Jobs: []structs.JobSummary{}}
	for job := range snap.Services(cluster) {
		if all || job.Status != structs.ServiceInactive {
			list.Jobs = append(list.Jobs, c.summarize(snap, job))
		}
	}
	services := len(list.Jobs)
	for job := range snap.Jobs(cluster) {
		if job.Type != structs.JobBatch {
			continue
		}
		if s := c.summarize(snap, job); all || job.Status == structs.BatchRunning || s.Running+s.Pending > 0 {
			list.Jobs = append(list.Jobs, s)
		}
	}
	slices.SortFunc(list.Jobs[services:], func(a, b structs.JobSummary) int {
		return cmp.Or(cmp.Compare(b.CreatedAt, a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// DescribeJob returns all that is known about a job, found by its name or id.
func (c *Control) DescribeJob(ctx context.Context, cluster, name string) (*structs.JobDetail, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	job, err := findJob(snap, cluster, name)
	if err != nil {
		return nil, err
	}
	d := &structs.JobDetail{
		Index: snap.Index(), Job: c.summarize(snap, job),
		Versions:    newest(snap.JobVersions(job.ID), func(v *structs.Job) structs.Time { return structs.Time(v.Version) }),
		Deployments: newest(snap.Deployments(job.ID), func(d *structs.Deployment) structs.Time { return d.CreatedAt }),
		Tasks:       newest(snap.JobTasks(job.ID), func(t *structs.Task) structs.Time { return t.CreatedAt }),
		Evaluations: newest(snap.JobEvaluations(job.ID), func(e *structs.Evaluation) structs.Time { return e.CreatedAt }),
		Events:      append([]structs.ServiceEvent{}, snap.ServiceEvents(job.ID).Events...),
	}
	if job.Name != "" {
		d.Spec = specOf(snap, job, snap.TaskDefinition(job.TaskDefinition), jobTags(snap, job))
	}
	if job.Type == structs.JobBatch {
		d.Versions = newest(snap.BatchRuns(cluster, job.Name), func(v *structs.Job) structs.Time { return v.CreatedAt })
	}
	d.Tasks = d.Tasks[:min(len(d.Tasks), shownTasks)]
	d.Troubles = troubles(snap, d.Tasks)
	d.Evaluations = d.Evaluations[:min(len(d.Evaluations), shownEvaluations)]
	return d, nil
}

// JobName returns the cluster and name of a job that is given by its name or id. If there is no
// such job, or it has no name, it returns its arguments.
func (c *Control) JobName(ctx context.Context, cluster, nameOrID string) (jobCluster, name string, err error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return "", "", err
	}
	if j := snap.Job(nameOrID); j != nil && j.Name != "" {
		return j.Cluster, j.Name, nil
	}
	return cluster, nameOrID, nil
}

// TaskJob returns the id of the job of a task of a cluster; empty if the task is not in state (any
// more). It fails if the task is in another cluster.
func (c *Control) TaskJob(ctx context.Context, cluster, task string) (string, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return "", err
	}
	t := snap.Task(task)
	switch {
	case t == nil:
		return "", nil
	case t.Cluster != cluster:
		return "", structs.Errorf(structs.KindResourceNotFound, "there is no task %s in cluster %s", task, cluster)
	}
	return t.Job, nil
}

// troubles returns the problems of the instances on which tasks make no progress.
func troubles(snap *state.Snapshot, tasks []*structs.Task) map[string]string {
	found := map[string]string{}
	for _, t := range tasks {
		if i := snap.Instance(t.Instance); t.Holds() && i != nil && (!i.AgentConnected || i.Impaired()) {
			found[i.ID] = i.Trouble()
		}
	}
	return found
}

// summarize counts a job's tasks and adds the state of its newest deployment and evaluation.
func (c *Control) summarize(snap *state.Snapshot, job *structs.Job) structs.JobSummary {
	s, now := structs.JobSummary{Job: job}, c.Now()
	for t := range snap.JobTasks(job.ID) {
		switch {
		case t.LastStatus == structs.TaskRunning:
			s.Running++
			if job.Service != nil && !job.Service.Update.IsHealthy(t, snap.TaskDefinition(t.TaskDefinition), now) {
				s.Unhealthy++
			}
		case t.LastStatus < structs.TaskRunning && t.DesiredStatus == structs.TaskRunning:
			s.Pending++
		}
	}
	if definition := snap.TaskDefinition(job.TaskDefinition); job.Batch != nil && definition != nil {
		s.Batch = new(structs.CountBatch(job.BatchSlots(definition, snap.JobTasks(job.ID))))
	}
	for d := range snap.Deployments(job.ID) {
		if d.Status == structs.DeploymentPrimary {
			s.Rollout = d.Rollout
		}
	}
	var last *structs.Evaluation
	for e := range snap.JobEvaluations(job.ID) {
		if e.Status != structs.EvaluationReady && (last == nil || e.ModifyIndex > last.ModifyIndex) {
			last = e
		}
	}
	if last != nil {
		s.Unplaced = last.Unplaced
	}
	return s
}

// newest returns rows sorted by time, newest first. It never returns nil.
func newest[T any](rows iter.Seq[T], at func(T) structs.Time) []T {
	list := slices.AppendSeq([]T{}, rows)
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(at(b), at(a)) })
	return list
}

// findJob returns a job of a cluster by its name or id; for a batch job that has run several times,
// the last run.
func findJob(snap *state.Snapshot, cluster, name string) (*structs.Job, error) {
	if snap.Cluster(cluster) == nil {
		return nil, structs.ErrClusterNotFound()
	}
	if job := snap.Service(cluster, name); job != nil {
		return job, nil
	}
	if job := snap.BatchJob(cluster, name); job != nil && name != "" {
		return job, nil
	}
	if job := snap.Job(name); job != nil && job.Cluster == cluster {
		return job, nil
	}
	return nil, structs.Errorf(structs.KindResourceNotFound, "there is no job %s in cluster %s", name, cluster)
}
