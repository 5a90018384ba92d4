package fsm

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// The pools are small so that commands affect each other. Some names never exist.
var (
	anyCluster  = rapid.SampledFrom([]string{"prod", "prod", "test", "none"})
	anyKey      = rapid.SampledFrom([]string{"web:1", "web:1", "web:2", "db:1", "db:2", "bad"})
	anyInstance = rapid.SampledFrom([]string{"i1", "i2", "i3", "i4"})
	anyJob      = rapid.SampledFrom([]string{"j1", "j2", "j3", "j4"})
	anyEval     = rapid.SampledFrom([]string{"e1", "e2", "e3", "e4", "e5", "e6"})
	anyTask     = rapid.SampledFrom([]string{"t1", "t2", "t3", "t4", "t5", "t6"})
	anyTime     = rapid.Map(rapid.IntRange(1, 50), func(n int) structs.Time { return structs.Time(n) })
	anyMaybe    = rapid.Map(rapid.IntRange(-20, 50), func(n int) structs.Time { return structs.Time(max(n, 0)) })
	anyStatus   = rapid.SampledFrom([]structs.TaskStatus{
		0, structs.TaskPending, structs.TaskActivating, structs.TaskRunning, structs.TaskRunning, structs.TaskDeactivating,
		structs.TaskStopping, structs.TaskDeprovisioning, structs.TaskStopped,
	})
	anyGPUs    = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"0", "1", "2", "3"}), 0, 4, rapid.ID)
	anyNetwork = rapid.SampledFrom([]structs.TaskNetwork{ // some are too small for all instances
		{}, {Range: "10.9.0.0/27", BlockBits: 28}, {Range: "10.9.0.0/27", BlockBits: 28}, {Range: "10.9.0.0/26", BlockBits: 27}, {Range: "10.8.0.0/16", BlockBits: 24},
	})
	anyTags = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) structs.Tag {
		return structs.Tag{Key: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"), Value: rapid.SampledFrom([]string{"", "x"}).Draw(t, "value")}
	}), 0, 3)
	anyResource = rapid.SampledFrom([]string{
		"cluster/prod", "cluster/none", "task/prod/t1", "task/prod/t2", "task-definition/web:1", "container-instance/prod/i1",
	})
)

// anyCommand draws one command. Plans and reports are more frequent: they do the most.
func anyCommand() *rapid.Generator[structs.Command] {
	return rapid.OneOf(
		draw(func(t *rapid.T) structs.Command {
			return structs.CreateCluster{Cluster: structs.Cluster{Name: anyCluster.Draw(t, "cluster"), CreatedAt: anyTime.Draw(t, "at")},
				Tags: anyTags.Draw(t, "tags")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.DeleteCluster{Cluster: anyCluster.Draw(t, "cluster"), At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			d := sampleDefinition()
			d.Family = rapid.SampledFrom([]string{"web", "db"}).Draw(t, "family")
			return structs.RegisterTaskDefinition{Definition: d, Tags: anyTags.Draw(t, "tags")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.UpdateTaskDefinitions{
				Definitions: rapid.SliceOfN(anyKey, 0, 2).Draw(t, "keys"), At: anyTime.Draw(t, "at"),
				Status: rapid.SampledFrom([]string{structs.DefinitionInactive, structs.DefinitionDeleteInProgress}).Draw(t, "status"),
			}
		}),
		draw(func(t *rapid.T) structs.Command {
			i := instance(anyInstance.Draw(t, "instance"), anyCluster.Draw(t, "cluster"))
			i.AgentConnected, i.GPUs = rapid.Bool().Draw(t, "connected"), anyGPUs.Draw(t, "gpus")
			i.Network = structs.InstanceNetwork{Asks: rapid.Bool().Draw(t, "asks"), Block: rapid.SampledFrom([]string{"", "10.9.0.16/28"}).Draw(t, "remembers")}
			return structs.RegisterInstance{Instance: i, Tags: anyTags.Draw(t, "tags"), TaskNetwork: anyNetwork.Draw(t, "network")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.AssignBlocks{
				Instances: rapid.SliceOfN(anyInstance, 0, 4).Draw(t, "instances"), TaskNetwork: anyNetwork.Draw(t, "network"), At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.SetAgentConnected{
				Instances: rapid.SliceOfN(anyInstance, 0, 3).Draw(t, "instances"), Connected: rapid.Bool().Draw(t, "connected"),
				At: anyTime.Draw(t, "at")}
		}),
		draw(drawJob), draw(drawJob),
		draw(drawPlan), draw(drawPlan), draw(drawPlan),
		draw(func(t *rapid.T) structs.Command {
			return structs.StopTasks{Tasks: rapid.SliceOfN(anyTask, 0, 3).Draw(t, "tasks"), StopCode: structs.StopUserInitiated,
				Reason: "because", At: anyTime.Draw(t, "at")}
		}),
		draw(drawReport), draw(drawReport), draw(drawReport),
		draw(func(t *rapid.T) structs.Command {
			return structs.StopJob{Job: anyJob.Draw(t, "job"), At: anyTime.Draw(t, "at")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.TagCommand{Resource: anyResource.Draw(t, "resource"), Tags: anyTags.Draw(t, "tags")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.UntagCommand{Resource: anyResource.Draw(t, "resource"),
				Keys: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 2).Draw(t, "keys")}
		}),
		draw(func(t *rapid.T) structs.Command {
			return structs.Collect{Before: anyTime.Draw(t, "before"), Limit: rapid.IntRange(0, 3).Draw(t, "limit")}
		}),
		anyServiceCommand(), anyServiceCommand(), anyServiceCommand(), anyServiceCommand(),
		anyVolumeMapping(),
		anyRole(), anyTraffic(),
		anyBucketMapping(),
	)
}

func draw(fn func(*rapid.T) structs.Command) *rapid.Generator[structs.Command] {
	return rapid.Custom(fn)
}

func drawJob(t *rapid.T) structs.Command {
	cmd := createJobCommand(anyJob.Draw(t, "job"), anyEval.Draw(t, "eval"))
	cmd.Job.Cluster = anyCluster.Draw(t, "cluster")
	cmd.Job.TaskDefinition = anyKey.Draw(t, "definition")
	cmd.Job.ClientToken = rapid.SampledFrom([]string{"", "k1", "k2"}).Draw(t, "token")
	cmd.Job.RequestHash = rapid.SampledFrom([]string{"h1", "h2"}).Draw(t, "hash")
	cmd.Job.CreatedAt = anyTime.Draw(t, "at")
	cmd.Job.Tags = anyTags.Draw(t, "tags")
	if rapid.IntRange(0, 2).Draw(t, "in attempts") == 1 {
		cmd.Job.Batch = &structs.BatchSpec{Attempts: 2}
	}
	if rapid.IntRange(0, 2).Draw(t, "queues") == 1 {
		cmd.Job.Type, cmd.Job.CapacityStrategy = structs.JobBatch, []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}}
		cmd.Tasks = rapid.SliceOfN(anyTask, 0, 3).Draw(t, "queued")
		cmd.Providers = slices.Repeat([]string{"FARGATE"}, len(cmd.Tasks))
	}
	return cmd
}

func drawPlan(t *rapid.T) structs.Command {
	cmd := planOf(anyEval.Draw(t, "eval"), anyJob.Draw(t, "job"))
	cmd.Plan.Placements = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) structs.Placement {
		return structs.Placement{Task: anyTask.Draw(t, "task"), Instance: anyInstance.Draw(t, "instance")}
	}), 0, 4).Draw(t, "placements")
	cmd.Plan.Status = rapid.SampledFrom([]string{structs.EvaluationDone, structs.EvaluationBlocked}).Draw(t, "status")
	cmd.Plan.At = anyTime.Draw(t, "at")
	cmd.Plan.Need.GPUs = rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(t, "gpus")
	cmd.Plan.Need.Addresses = rapid.IntRange(0, 1).Draw(t, "addresses")
	return cmd
}

func drawReport(t *rapid.T) structs.Command {
	updates := rapid.SliceOfN(rapid.Custom(drawUpdate), 0, 4).Draw(t, "updates")
	return structs.ReportTasks{Instance: anyInstance.Draw(t, "instance"), Updates: updates, At: anyTime.Draw(t, "at")}
}

func drawUpdate(t *rapid.T) structs.TaskUpdate {
	u := structs.TaskUpdate{
		Task: anyTask.Draw(t, "task"), Status: anyStatus.Draw(t, "status"),
		StopCode:      rapid.SampledFrom([]string{"", structs.StopTaskFailedToStart}).Draw(t, "code"),
		PullStartedAt: anyMaybe.Draw(t, "pull"), StartedAt: anyMaybe.Draw(t, "start"),
		StoppingAt: anyMaybe.Draw(t, "stopping"), StoppedAt: anyMaybe.Draw(t, "stopped"),
	}
	if rapid.Bool().Draw(t, "containers") {
		port := rapid.Int32Range(32768, 32771).Draw(t, "port")
		u.Containers = []structs.Container{{Name: "app", LastStatus: structs.TaskRunning, NetworkBindings: []structs.NetworkBinding{
			{BindIP: "0.0.0.0", HostPort: &port, Protocol: "tcp"}, {BindIP: "::", HostPort: &port, Protocol: "tcp"},
		}}}
	}
	return u
}
