package fsm

import (
	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

var (
	anyService     = rapid.SampledFrom([]string{"s1", "s1", "s1", "s2", "s3", "j1"})
	anyVersion     = rapid.SampledFrom([]int{1, 1, 2, 2, 3, 4})
	anyDeployment  = rapid.SampledFrom([]string{"d1", "d2", "d3", "d4", "d5"})
	anyDeployState = rapid.SampledFrom([]string{structs.DeploymentPrimary, structs.DeploymentActive, structs.DeploymentInactive})
	anyRollout     = rapid.SampledFrom([]string{structs.RolloutInProgress, structs.RolloutCompleted, structs.RolloutFailed})
)

// anyServiceCommand draws one of the commands about services.
func anyServiceCommand() *rapid.Generator[structs.Command] {
	return rapid.OneOf(
		draw(drawPutService), draw(drawPutService),
		draw(drawServicePlan), draw(drawServicePlan), draw(drawServicePlan),
		draw(func(t *rapid.T) structs.Command {
			return structs.DeleteService{Job: anyService.Draw(t, "job"), Force: rapid.Bool().Draw(t, "force"),
				Evaluation: structs.Evaluation{ID: anyEval.Draw(t, "eval")}, At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.StopDeployment{Deployment: anyDeployment.Draw(t, "deployment"), Type: "ROLLBACK",
				Evaluation: structs.Evaluation{ID: anyEval.Draw(t, "eval")}, At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return putSet(anyDeployment.Draw(t, "set"), anyEval.Draw(t, "eval"), rapid.SampledFrom([]float64{0, 50}).Draw(t, "scale"))
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.DeleteTaskSet{Set: anyDeployment.Draw(t, "set"), Force: rapid.Bool().Draw(t, "force"),
				Evaluation: structs.Evaluation{ID: anyEval.Draw(t, "eval")}, At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.SetPrimaryTaskSet{Set: anyDeployment.Draw(t, "set"), At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.ContinueDeployment{Deployment: anyDeployment.Draw(t, "deployment"), Pause: "p1", Action: structs.HookContinue,
				Evaluation: structs.Evaluation{ID: anyEval.Draw(t, "eval")}, At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.ProtectTasks{Tasks: rapid.SliceOfN(anyTask, 0, 3).Draw(t, "tasks"), Until: anyMaybe.Draw(t, "until"), At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.SetInstanceStatus{Instances: rapid.SliceOfN(anyInstance, 0, 3).Draw(t, "instances"), At: anyTime.Draw(t, "at"),
				Status: rapid.SampledFrom([]string{structs.InstanceActive, structs.InstanceDraining, structs.InstanceInactive}).Draw(t, "status")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.PutAttributes{Cluster: anyCluster.Draw(t, "cluster"), Attributes: drawAttributes(t), At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.DeleteAttributes{Cluster: anyCluster.Draw(t, "cluster"), Attributes: drawAttributes(t), At: anyTime.Draw(t, "at")}
		}),
	)
}

func drawAttributes(t *rapid.T) []structs.InstanceAttribute {
	return onInstance(anyInstance.Draw(t, "instance"), rapid.SampledFrom([]string{"rack", "disk"}).Draw(t, "name"), "x")
}

func drawPutService(t *rapid.T) structs.Command {
	cmd := putServiceCommand(anyService.Draw(t, "job"), rapid.SampledFrom([]string{"web", "api"}).Draw(t, "name"),
		anyVersion.Draw(t, "version"), anyEval.Draw(t, "eval"), anyDeployment.Draw(t, "deployment"))
	if rapid.Bool().Draw(t, "undeployed") {
		cmd.Deployment = nil
	}
	cmd.Job.Type = rapid.SampledFrom([]string{structs.JobService, structs.JobDaemon}).Draw(t, "type")
	cmd.Job.TaskDefinition = anyKey.Draw(t, "definition")
	cmd.Job.Service.PropagateTags = "SERVICE"
	cmd.Job.Service.Controller = rapid.SampledFrom([]string{structs.ControllerECS, structs.ControllerExternal}).Draw(t, "controller")
	cmd.Job.ClientToken = rapid.SampledFrom([]string{"", "", "k1", "k3"}).Draw(t, "token")
	cmd.Job.RequestHash = rapid.SampledFrom([]string{"h1", "h2"}).Draw(t, "hash")
	cmd.Tags = anyTags.Draw(t, "tags")
	return cmd
}

func drawServicePlan(t *rapid.T) structs.Command {
	cmd := drawPlan(t).(structs.ApplyPlan)
	plan := &cmd.Plan
	plan.Job, plan.JobVersion = anyService.Draw(t, "service"), anyVersion.Draw(t, "version")
	plan.Deployment = anyDeployment.Draw(t, "deployment")
	plan.Seen = uint64(rapid.IntRange(0, 100).Draw(t, "seen"))
	plan.Stops = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) structs.Stop {
		return structs.Stop{Task: anyTask.Draw(t, "task"), Code: structs.StopServiceSchedulerInitiated,
			Reason: rapid.SampledFrom([]string{"scaled", structs.ReasonUnhealthy}).Draw(t, "reason")}
	}), 0, 2).Draw(t, "stops")
	plan.Deployments = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) structs.Deployment {
		return structs.Deployment{ID: anyDeployment.Draw(t, "row"), JobVersion: anyVersion.Draw(t, "of"), CreatedAt: anyTime.Draw(t, "created"),
			Status: anyDeployState.Draw(t, "state"), Rollout: anyRollout.Draw(t, "rollout"),
			Pauses: rapid.SampledFrom([][]structs.Pause{nil, {{ID: "p1", Status: structs.HookAwaiting}}}).Draw(t, "pauses")}
	}), 0, 2).Draw(t, "deployments")
	plan.Events = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) structs.ServiceEvent {
		return structs.ServiceEvent{ID: "u", At: anyTime.Draw(t, "at"), Message: "m"}
	}), 0, 2).Draw(t, "events")
	plan.JobStatus = rapid.SampledFrom([]string{"", "", "", structs.ServiceInactive}).Draw(t, "status")
	if rapid.IntRange(0, 3).Draw(t, "rolls back") == 0 {
		plan.Rollback = new(putServiceCommand("s1", "web", plan.JobVersion+1, "", "").Job)
	}
	if rapid.Bool().Draw(t, "follows up") {
		plan.FollowUp = &structs.Evaluation{ID: rapid.SampledFrom([]string{"f1", "f2"}).Draw(t, "follow-up"), WaitUntil: anyTime.Draw(t, "until")}
	}
	return cmd
}
