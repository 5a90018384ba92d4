package runtime

import (
	"context"
	"strings"
)

// Pauses are containers that hold namespaces for tasks and do nothing else. Those that belong to no
// task yet are spare. They are not among Containers.
type Pauses interface {
	// StartPause creates and starts a pause that has its own network namespace with a loopback
	// device only, and whose process and IPC namespaces may be shared. It finds the one that exists
	// under that name, and does not start it if it has ended. It fails with an *Error
	// (CannotStartContainerError).
	StartPause(ctx context.Context, name string) (Pause, error)
	// RenamePause gives a pause another name; ok is false if there is no such pause, or if the name
	// is taken.
	RenamePause(ctx context.Context, id, name string) (ok bool, err error)
	// FindPause returns a pause by its id or name; ok is false if there is none.
	FindPause(ctx context.Context, idOrName string) (p Pause, ok bool, err error)
	// ListPauses lists them, running or not, without PIDs and Hostnames, and the tasks that have
	// other containers.
	ListPauses(ctx context.Context) (pauses []Pause, tasks map[string]bool, err error)
	// RemovePause removes a pause, by force. It is not an error if there is no such pause.
	RemovePause(ctx context.Context, id string) error
	// EngineProcess returns the process that answers at the engine's socket; zero if it is not one
	// of this machine, as seen from here.
	EngineProcess(ctx context.Context) (pid int, err error)
}

// Pause is one pause.
type Pause struct {
	ID       string
	Name     string
	Running  bool
	PID      int // its process while it runs
	Hostname string
}

const (
	// LabelRole is on containers of an agent that are not a task's; RolePause is the value of
	// pauses.
	LabelRole = "gantry.role"
	RolePause = "pause"

	// PauseRepository is the name of the image of pauses without its tag. Agents build it, and
	// never clean it up.
	PauseRepository = "gantry-pause"

	pausePrefix = "gantry-pause-"
	sparePrefix = "gantry-spare-"
)

// PauseName returns the name of the pause of a task.
func PauseName(task string) string { return pausePrefix + task }

// SpareName returns the name of a spare pause, which ends in a text of its own.
func SpareName(suffix string) string { return sparePrefix + suffix }

// Task returns the task that the pause belongs to, or "" if it is spare.
func (p Pause) Task() string {
	task, ok := strings.CutPrefix(p.Name, pausePrefix)
	if !ok {
		return ""
	}
	return task
}
