package fsm

import "github.com/gantry-project/gantry/structs"

// taskSetSamples are the samples about task sets.
func taskSetSamples() map[string]structs.Command {
	set := sampleDeployment()
	set.TaskSet = &structs.TaskSet{ExternalID: "green", Scale: 33.4, ClientToken: "token", RequestHash: "hash"}
	eval := structs.Evaluation{
		ID: "2123456789abcdef0123456789abcdef", Cluster: "prod", Job: "1123456789abcdef0123456789abcdef", Because: structs.BecauseTaskSetCreated,
		Status: structs.EvaluationReady, CreatedAt: 1_700_000_000_180,
	}
	return map[string]structs.Command{
		"put_task_set":         structs.PutTaskSet{Set: set, Evaluation: eval, Tags: []structs.Tag{{Key: "a", Value: "b"}}},
		"delete_task_set":      structs.DeleteTaskSet{Set: set.ID, Force: true, Evaluation: eval, At: 1_700_000_000_181},
		"set_primary_task_set": structs.SetPrimaryTaskSet{Set: set.ID, At: 1_700_000_000_182},
	}
}

// putSet is the command that creates a task set of service s1, or changes its scale.
func putSet(set, eval string, scale float64) structs.PutTaskSet {
	return structs.PutTaskSet{
		Set: structs.Deployment{
			ID: set, Job: "s1", TaskDefinition: "web:1", Rollout: structs.RolloutCompleted, CreatedAt: 13, UpdatedAt: 13,
			TaskSet: &structs.TaskSet{ExternalID: "blue", Scale: scale},
		},
		Evaluation: structs.Evaluation{ID: eval, CreatedAt: 13},
		Tags:       []structs.Tag{{Key: "a", Value: "b"}},
	}
}

// putExternal is the command that creates service s1 with an EXTERNAL controller.
func putExternal() structs.PutService {
	cmd := putServiceCommand("s1", "web", 1, "se1", "")
	cmd.Job.TaskDefinition, cmd.Job.Service.Controller = "", structs.ControllerExternal
	return cmd
}
