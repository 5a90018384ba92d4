package structs

import "strings"

// The name of ECS's agent inside containers that runs commands, and the words of its refusals.
const (
	ManagedAgentExec = "ExecuteCommandAgent"

	execNotEnabled = "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn\u2019t running. " +
		"Wait and try again or run a new task with execute command enabled and try again."
)

// ErrExecNotEnabled reports that a task was not started with enableExecuteCommand. The text is
// ECS's, with what to do here.
func ErrExecNotEnabled() *Error { return Errorf(KindInvalidParameter, "%s", execNotEnabled) }

// ErrExecNotConnected reports that commands cannot be run in a container at the moment, and why.
func ErrExecNotConnected(why string) *Error {
	return Errorf(KindTargetNotConnected, "The execute command failed: %s", why)
}

// ExecRequest asks for a command in a container of a running task.
type ExecRequest struct {
	Cluster string `json:"cluster,omitzero"`
	// Container may be empty if the task has only one, or only one that is essential.
	Container string   `json:"container,omitzero"`
	Command   []string `json:"command"`
	User      string   `json:"user,omitzero"` // as the engine takes it; empty: root, as on ECS
	TTY       bool     `json:"tty,omitzero"`
	Input     bool     `json:"input,omitzero"` // the command can read what the client sends
}

// ExecSession is what a client needs to open the data channel of a session.
type ExecSession struct {
	SessionID string `json:"sessionId"`
	StreamURL string `json:"streamUrl"`
	Token     string `json:"tokenValue"`
	// What the command runs in.
	Cluster   string `json:"cluster"`
	Task      string `json:"task"`
	Container string `json:"container"`
}

// ExecTicket is what a token of a session says, sealed by the server that issued it. Any server
// opens it and passes it on to the agent.
type ExecTicket struct {
	Session   string   `json:"session"`
	Instance  string   `json:"instance"`
	Task      string   `json:"task"`
	Container string   `json:"container,omitzero"`
	RuntimeID string   `json:"runtimeId,omitzero"`
	Command   []string `json:"command,omitzero"`
	User      string   `json:"user,omitzero"`
	TTY       bool     `json:"tty,omitzero"`
	Input     bool     `json:"input,omitzero"`
	// Forward, if not nil, is the port that the session forwards to, instead of a command.
	Forward *PortForward `json:"forward,omitzero"`
	// Own means that the client is Gantry's. It is told the exit code, and tells stderr apart.
	Own bool   `json:"own,omitzero"`
	Who string `json:"who,omitzero"` // the ARN of the caller
	// Resumes means that the session exists, and has lost its connection.
	Resumes bool `json:"resumes,omitzero"`
	Expires Time `json:"expires"`
}

// PortForward is a TCP port that the containers of a task reach.
type PortForward struct {
	Host      string `json:"host,omitzero"` // empty: the container itself
	Port      int    `json:"port"`
	LocalPort string `json:"localPort,omitzero"` // where AWS's plugin listens; empty: it picks a port
}

// ExecSessionState is what an agent knows about a session.
type ExecSessionState struct {
	Session string `json:"session"`
	Who     string `json:"who,omitzero"`
}

// The prefixes of the ids of sessions: of commands as on ECS, and of forwarded ports. The id of the
// task follows, so that any server finds the agent that has the session.
const (
	execPrefix    = "ecs-execute-command-"
	forwardPrefix = "ecs-port-forward-"
)

// ExecSessionID returns the id of a session in a task. unique is a new id.
func ExecSessionID(task, unique string, forward bool) string {
	prefix := execPrefix
	if forward {
		prefix = forwardPrefix
	}
	return prefix + task + "-" + unique[:min(16, len(unique))]
}

// TaskOfExecSession returns the id of the task of a session; empty if the session has no valid id.
func TaskOfExecSession(session string) string {
	for _, prefix := range []string{execPrefix, forwardPrefix} {
		if rest, ok := strings.CutPrefix(session, prefix); ok {
			task, _, _ := strings.Cut(rest, "-")
			return task
		}
	}
	return ""
}

// ExecSealName is the name under which the token of a session is sealed.
func ExecSealName(session string) string { return "exec/" + session }
