package ecs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/structs"
)

// execActions begins a session as the aws CLI does, and looks at what it reads for the plugin.
func (w *sdkWalk) execActions() {
	run, err := w.client.RunTask(w.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("hello"), EnableExecuteCommand: true})
	w.must(err)
	id := (*run.Tasks[0].TaskArn)[strings.LastIndex(*run.Tasks[0].TaskArn, "/")+1:]
	exec := func() (*ecs.ExecuteCommandOutput, error) {
		return w.client.ExecuteCommand(w.Context(), &ecs.ExecuteCommandInput{Task: run.Tasks[0].TaskArn, Command: aws.String(`sh -c "exit 3"`), Interactive: true})
	}
	if _, err := exec(); err == nil || !strings.Contains(err.Error(), "TargetNotConnectedException: The execute command failed: container hello-server") {
		w.Errorf("before it runs: %v", err)
	}
	w.must(w.f.Control.ReportTasks(w.Context(), w.f.instance.ID, 0, []structs.TaskUpdate{{
		Task: id, Status: structs.TaskRunning, StartedAt: 1_767_225_612_500,
		Containers: []structs.Container{{Name: "hello-server", LastStatus: structs.TaskRunning, RuntimeID: strings.Repeat("f", 64)}},
	}}))
	made, err := exec()
	w.must(err)
	w.equal("container", *made.ContainerName, "hello-server")
	w.equal("cluster", *made.ClusterArn, "arn:aws:ecs:eu-west-1:000000000000:cluster/default")
	session := *made.Session.SessionId
	if !strings.HasPrefix(session, "ecs-execute-command-"+id+"-") {
		w.Errorf("the session is %s", session)
	}
	if url := *made.Session.StreamUrl; !strings.HasPrefix(url, "ws://127.0.0.1:") || !strings.HasSuffix(url, "/v1/data-channel/"+session+"?role=publish_subscribe") {
		w.Errorf("its URL is %s", url)
	}
	ticket, err := w.f.Control.OpenExec(session, *made.Session.TokenValue)
	w.must(err)
	w.equal("command", strings.Join(ticket.Command, "|"), "sh|-c|exit 3")
	w.equal("runtime id", ticket.RuntimeID, strings.Repeat("f", 64))
	w.equal("instance", ticket.Instance, w.f.instance.ID)
	seen, err := w.client.DescribeTasks(w.Context(), &ecs.DescribeTasksInput{Tasks: []string{id, w.f.running.ID}})
	w.must(err)
	agents := seen.Tasks[0].Containers[0].ManagedAgents
	if len(agents) != 1 || agents[0].Name != "ExecuteCommandAgent" || *agents[0].LastStatus != "RUNNING" || agents[0].LastStartedAt == nil {
		w.Errorf("the managed agents are %+v", agents)
	}
	w.equal("enabled", seen.Tasks[0].EnableExecuteCommand, true)
	w.equal("agents of a task without", len(seen.Tasks[1].Containers[0].ManagedAgents), 0)
}
