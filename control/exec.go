package control

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// ticketLife is how long a token can be used to connect to its session.
const ticketLife = 5 * time.Minute

// openTicket begins tokens that are not sealed: those of servers that let anyone do everything.
const openTicket = "open."

// errTicket says that a token is not one of this session, or has expired.
var errTicket = errors.New("the token of the session is not valid: it may have expired. Run the command again")

// StartExec begins a session that runs a command in a container of a running task. The agent starts
// the command when the client connects. own means that the client is Gantry's own. The answer has
// no StreamURL: the door knows where it was reached.
func (c *Control) StartExec(ctx context.Context, task string, in structs.ExecRequest, own bool) (structs.ExecSession, error) {
	if len(in.Command) == 0 || in.Command[0] == "" {
		return structs.ExecSession{}, structs.Errorf(structs.KindInvalidParameter, "command: name the program to run")
	}
	return c.startSession(ctx, in.Cluster, task, in.Container, structs.ExecTicket{
		Command: in.Command, User: in.User, TTY: in.TTY, Input: in.Input, Own: own,
	})
}

// StartForward begins a session that forwards a port to a container of a running task, or to what
// the container reaches.
func (c *Control) StartForward(ctx context.Context, cluster, task, container string, to structs.PortForward) (structs.ExecSession, error) {
	if to.Port < 1 || to.Port > 65535 {
		return structs.ExecSession{}, structs.Errorf(structs.KindInvalidParameter, "portNumber: %d is not a port; use 1 to 65535", to.Port)
	}
	return c.startSession(ctx, cluster, task, container, structs.ExecTicket{Forward: &to})
}

// startSession checks that a session can be had, and issues its token.
func (c *Control) startSession(ctx context.Context, cluster, id, container string, ticket structs.ExecTicket) (structs.ExecSession, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return structs.ExecSession{}, err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return structs.ExecSession{}, err
	}
	task := snap.Task(id)
	if task == nil || task.Cluster != cluster {
		return structs.ExecSession{}, structs.ErrTaskNotFound()
	}
	name, err := execContainer(snap, task, container)
	if err != nil {
		return structs.ExecSession{}, err
	}
	Detail(ctx, "task", task.ID)
	Detail(ctx, "container", name)
	if ticket.Forward == nil {
		Detail(ctx, "command", strings.Join(ticket.Command, " "))
	}
	seen, err := execTarget(snap, task, name)
	if err != nil {
		return structs.ExecSession{}, err
	}
	ticket.Session = structs.ExecSessionID(task.ID, c.config.NewID(), ticket.Forward != nil)
	ticket.Instance, ticket.Task, ticket.Container, ticket.RuntimeID = task.Instance, task.ID, name, seen.RuntimeID
	ticket.Who = callerARN(ctx)
	Detail(ctx, "session", ticket.Session)
	token, err := c.sealTicket(ticket)
	return structs.ExecSession{SessionID: ticket.Session, Token: token, Cluster: cluster, Task: task.ID, Container: name}, err
}

// execContainer returns the container of a task that a session is for. It must be named if there
// are several (ECS).
func execContainer(snap *state.Snapshot, task *structs.Task, name string) (string, error) {
	var all []string
	if def := snap.TaskDefinition(task.TaskDefinition); def != nil {
		for _, c := range def.ContainerDefinitions {
			all = append(all, c.Name)
		}
	}
	switch {
	case name == "" && len(all) == 1:
		return all[0], nil
	case name == "":
		return "", structs.Errorf(structs.KindInvalidParameter, "container: name one of the containers of the task: %s", strings.Join(all, ", "))
	case !slices.Contains(all, name):
		return "", structs.Errorf(structs.KindInvalidParameter, "container: task %s has no container named %s; it has %s", task.ID, name, strings.Join(all, ", "))
	}
	return name, nil
}

// execTarget returns the container of a task, or why nothing can be run in it.
func execTarget(snap *state.Snapshot, task *structs.Task, name string) (seen structs.Container, err error) {
	if i := slices.IndexFunc(task.Containers, func(c structs.Container) bool { return c.Name == name }); i >= 0 {
		seen = task.Containers[i]
	}
	instance := snap.Instance(task.Instance)
	switch {
	case !task.Holds():
		return seen, structs.Errorf(structs.KindInvalidParameter, "The execute command failed because task %s has stopped (%s).", task.ID, task.StoppedReason)
	case task.DesiredStatus == structs.TaskStopped:
		return seen, structs.Errorf(structs.KindInvalidParameter, "The execute command failed because task %s is being stopped.", task.ID)
	case !task.EnableExecuteCommand:
		return seen, structs.ErrExecNotEnabled()
	case seen.LastStatus != structs.TaskRunning || seen.RuntimeID == "":
		return seen, structs.ErrExecNotConnected("container " + name + " of task " + task.ID + " is not running. Try again when it is RUNNING.")
	case instance == nil || !instance.AgentConnected:
		return seen, structs.ErrExecNotConnected("the agent of container instance " + task.Instance + " is not connected. Try again when it is.")
	}
	return seen, nil
}

func (c *Control) sealTicket(t structs.ExecTicket) (string, error) {
	t.Expires = structs.TimeOf(c.config.Now().Add(ticketLife))
	raw, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	if c.config.Sealer == nil {
		return openTicket + base64.RawURLEncoding.EncodeToString(raw), nil
	}
	return base64.RawURLEncoding.EncodeToString(c.config.Sealer.Seal(structs.ExecSealName(t.Session), raw)), nil
}

// OpenExec returns what the token of a session says. It fails, in words for people, if the token is
// not valid.
func (c *Control) OpenExec(session, token string) (t structs.ExecTicket, err error) {
	text, open := strings.CutPrefix(token, openTicket)
	if open != (c.config.Sealer == nil) {
		return t, errTicket
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil && !open {
		raw, err = c.config.Sealer.Open(structs.ExecSealName(session), raw)
	}
	if err != nil || json.Unmarshal(raw, &t) != nil || t.Session != session || t.Expires < c.Now() {
		return structs.ExecTicket{}, errTicket
	}
	return t, nil
}
