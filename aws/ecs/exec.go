package ecs

import (
	"context"

	"github.com/google/shlex"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// executeCommand begins a session. Its command is divided into words as AWS's agent does, without a
// shell, and always has a terminal.
func (c *call) executeCommand(ctx context.Context, in *ExecuteCommandRequest) (*ExecuteCommandResponse, error) {
	if !in.Interactive {
		return nil, structs.Errorf(structs.KindInvalidParameter, "interactive: ECS runs only interactive commands; set it to true")
	}
	cluster, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	id, err := c.arns.parseMember("task", in.Task, kindTask, cluster)
	if err != nil {
		return nil, err
	}
	words, err := shlex.Split(in.Command)
	if err != nil {
		return nil, structs.Errorf(structs.KindInvalidParameter, "command: %q cannot be divided into words: %v", in.Command, err)
	}
	made, err := c.control.StartExec(ctx, id, structs.ExecRequest{Cluster: cluster, Container: in.Container, Command: words, TTY: true, Input: true}, false)
	if err != nil {
		return nil, err
	}
	return &ExecuteCommandResponse{
		ClusterArn: c.arns.cluster(cluster), TaskArn: c.arns.task(cluster, id),
		ContainerArn: c.arns.Of(structs.ContainerKey(cluster, id, made.Container)), ContainerName: made.Container, Interactive: true,
		Session: &Session{SessionId: made.SessionID, StreamUrl: protocol.DataChannel(c.endpoint, made.SessionID), TokenValue: made.Token},
	}, nil
}
