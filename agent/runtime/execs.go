package runtime

import (
	"context"
	"io"
)

// Execs run further commands in running containers.
type Execs interface {
	// StartExec runs a command in a container. It fails with an *Error (CannotStartExecError) if
	// the engine refuses it, as for a program that the container does not have.
	StartExec(ctx context.Context, container string, spec ExecSpec) (Exec, error)
}

// CannotStartExec is the name of an engine's refusal to run a command in a container.
const CannotStartExec = "CannotStartExecError"

// ExecSpec is a command to run in a container.
type ExecSpec struct {
	Command []string
	User    string // as in a definition; empty: the container's
	TTY     bool
	Input   bool // the command has an input; otherwise it is empty
	// Columns and Rows are the size of the terminal; zero: the engine's default.
	Columns, Rows uint
	// Environment is added to the container's own variables, and Defaults where it has none.
	Environment, Defaults map[string]string
}

// Exec is a command that was started in a container. Write writes to its input. The streams end
// with Close, but the command goes on: no engine ends it.
type Exec interface {
	io.WriteCloser
	// CloseInput ends the command's input.
	CloseInput() error
	// Copy copies what the command prints until it has closed its output, or Close is called. A
	// terminal has everything in stdout.
	Copy(stdout, stderr io.Writer) error
	// Resize changes the size of the terminal.
	Resize(ctx context.Context, columns, rows uint) error
	// State returns whether the command runs, with its process id on the machine of the engine, or
	// how it ended.
	State(ctx context.Context) (ExecState, error)
}

// ExecState is the state of a command in a container.
type ExecState struct {
	Running  bool
	PID      int
	ExitCode int
}
