package ssm

import (
	"context"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// The documents of StartSession that forward a port.
const (
	documentPort       = "AWS-StartPortForwardingSession"
	documentRemotePort = "AWS-StartPortForwardingSessionToRemoteHost"
)

// addSessions adds the actions on sessions, which AWS's session-manager-plugin calls. That a caller
// resumes or ends a session of their own needs no permission.
func addSessions(actions map[string]protocol.Action, c *control.Control) {
	f := protocol.Frame[*sessionCall]{
		Open: func(r *protocol.Request) *sessionCall {
			return &sessionCall{control: c, arns: r.ARNs(), endpoint: r.Endpoint}
		},
		Authorize: func(*sessionCall, context.Context, *protocol.Request, any) error { return nil }, // the methods do
	}
	actions["StartSession"] = protocol.Handle(f, (*sessionCall).startSession)
	actions["ResumeSession"] = protocol.Handle(f, (*sessionCall).resumeSession)
	actions["TerminateSession"] = protocol.Handle(f, (*sessionCall).terminateSession)
}

// sessionCall is one request about a session.
type sessionCall struct {
	control  *control.Control
	arns     protocol.ARNs
	endpoint string // where the caller reached this server
}

// startSession begins a session that forwards a port to a container of a task. Its target is
// ecs:CLUSTER_TASK_RUNTIMEID, as on ECS.
func (c *sessionCall) startSession(ctx context.Context, in *StartSessionRequest) (*StartSessionResponse, error) {
	cluster, task, runtimeID, err := parseTarget(in.Target)
	if err != nil {
		return nil, err
	}
	ecs := protocol.ARNs{Service: "ecs", Region: c.arns.Region, Account: c.arns.Account}
	on := control.Resource{ARN: ecs.Of(structs.TaskKey(cluster, task))}
	if err := control.Authorize(ctx, "ssm:StartSession", on); err != nil {
		return nil, err
	}
	to, err := forwardOf(in)
	if err != nil {
		return nil, err
	}
	v, err := c.control.ReadCluster(ctx, cluster)
	if err != nil {
		return nil, err
	}
	container, err := containerOf(v, task, runtimeID)
	if err != nil {
		return nil, err
	}
	made, err := c.control.StartForward(ctx, cluster, task, container, to)
	if err != nil {
		return nil, err
	}
	return &StartSessionResponse{SessionId: made.SessionID, StreamUrl: protocol.DataChannel(c.endpoint, made.SessionID), TokenValue: made.Token}, nil
}

// parseTarget reads the target of a session. Names of clusters may have underscores, ids do not.
func parseTarget(target string) (cluster, task, runtimeID string, err error) {
	rest, isTask := strings.CutPrefix(target, "ecs:")
	end := strings.LastIndex(rest, "_")
	if end > 0 {
		runtimeID = rest[end+1:]
		if begin := strings.LastIndex(rest[:end], "_"); begin > 0 {
			cluster, task = rest[:begin], rest[begin+1:end]
		}
	}
	if !isTask || cluster == "" || task == "" || runtimeID == "" {
		return "", "", "", structs.Errorf(structs.KindInvalidParameter,
			"target: %q is not ecs:CLUSTER_TASK_RUNTIMEID, a container of a task: its runtimeId is in the answer of DescribeTasks", target)
	}
	return cluster, task, runtimeID, nil
}

// tasks is what is read of the cluster's state.
type tasks interface {
	Task(id string) *structs.Task
}

// containerOf returns the name of a task's container with a runtime id, or with its beginning.
func containerOf(v tasks, task, runtimeID string) (string, error) {
	t := v.Task(task)
	if t == nil {
		return "", structs.ErrTaskNotFound()
	}
	for _, container := range t.Containers {
		if container.RuntimeID != "" && strings.HasPrefix(container.RuntimeID, runtimeID) {
			return container.Name, nil
		}
	}
	return "", structs.Errorf(structs.KindTargetNotConnected, "task %s has no running container with the runtimeId %s", task, runtimeID)
}

// forwardOf reads what a document and its parameters ask for.
func forwardOf(in *StartSessionRequest) (to structs.PortForward, err error) {
	one := func(name string) string {
		if values := in.Parameters[name]; len(values) == 1 {
			return values[0]
		}
		return ""
	}
	switch in.DocumentName {
	case documentPort:
	case documentRemotePort:
		if to.Host = one("host"); to.Host == "" {
			return to, structs.Errorf(structs.KindInvalidParameter, "parameters: %s needs host", documentRemotePort)
		}
	case "":
		return to, structs.Errorf(structs.KindUnsupportedFeature,
			"documentName: sessions without one open a shell on a machine, which Gantry does not; for a shell in a container use aws ecs execute-command, for a port %s", documentPort)
	default:
		return to, structs.Errorf(structs.KindUnsupportedFeature,
			"this version of Gantry does not support documentName %s; it has %s and %s", in.DocumentName, documentPort, documentRemotePort)
	}
	if to.Port, err = strconv.Atoi(one("portNumber")); err != nil {
		return to, structs.Errorf(structs.KindInvalidParameter, "parameters: portNumber: %q is not a port", one("portNumber"))
	}
	if to.LocalPort = one("localPortNumber"); to.LocalPort == "0" {
		to.LocalPort = ""
	}
	return to, nil
}

// resumeSession returns a new token for a session that has lost its connection. Without a token the
// session has ended, which the plugin says.
func (c *sessionCall) resumeSession(ctx context.Context, in *ResumeSessionRequest) (*ResumeSessionResponse, error) {
	token, err := c.control.ResumeExec(ctx, in.SessionId)
	if err != nil || token == "" {
		return &ResumeSessionResponse{SessionId: in.SessionId}, err
	}
	return &ResumeSessionResponse{SessionId: in.SessionId, StreamUrl: protocol.DataChannel(c.endpoint, in.SessionId), TokenValue: token}, nil
}

func (c *sessionCall) terminateSession(ctx context.Context, in *TerminateSessionRequest) (*TerminateSessionResponse, error) {
	err := c.control.EndExec(ctx, in.SessionId, c.arns.Of("session/"+in.SessionId))
	return &TerminateSessionResponse{SessionId: in.SessionId}, err
}
