package fsm

import "github.com/gantry-project/gantry/structs"

// batchSamples are the samples about batch jobs with attempts.
func batchSamples() map[string]structs.Command {
	job := structs.Job{
		ID: "1123456789abcdef0123456789abcdef", Cluster: "prod", Type: structs.JobBatch, TaskDefinition: "web:1", Count: 3, Group: "g",
		Batch: &structs.BatchSpec{Attempts: 3, Parallelism: 2}, Priority: 80, Preemption: true, CreatedAt: 1_700_000_000_200,
	}
	plan := planOf("2123456789abcdef0123456789abcdef", job.ID,
		structs.Placement{Task: "3123456789abcdef0123456789abcdef", Instance: "0123456789abcdef0123456789abcdef", Attempt: 1},
		structs.Placement{Task: "4123456789abcdef0123456789abcdef", Instance: "0123456789abcdef0123456789abcdef", Slot: 2, Attempt: 3})
	plan.Plan.JobStatus = structs.BatchFailed
	waiting := planOf(plan.Plan.Evaluation, job.ID)
	waiting.Plan.Status, waiting.Plan.Unplaced = structs.EvaluationBlocked, 2
	waiting.Plan.Queue = &structs.QueuePlace{Ask: "5123456789abcdef", Priority: 80, Since: 77, CPU: 384, Memory: 256}
	waiting.Plan.Preempted = []structs.Stop{{Task: "t1", Code: structs.StopPreempted, Reason: "Preempted: job x of higher priority takes its place"}}
	return map[string]structs.Command{
		"create_job_batch":   structs.CreateJob{Job: job, Evaluation: structs.Evaluation{ID: plan.Plan.Evaluation, Cluster: "prod", Job: job.ID}},
		"apply_plan_waiting": waiting,
		"apply_plan_batch":   plan,
		"create_job_waiting": structs.CreateJob{
			Job: job, Evaluation: structs.Evaluation{ID: plan.Plan.Evaluation}, Tasks: []string{"t1", "t2"}, Providers: []string{"big", "small"},
		},
		"stop_job": structs.StopJob{Job: job.ID, At: 1_700_000_000_201},
	}
}
