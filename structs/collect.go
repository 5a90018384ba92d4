package structs

// Collect forgets what ended before a time: stopped tasks, jobs and evaluations with nothing left
// of them, services that are INACTIVE with their history, and deleted instances, clusters and task
// definitions that nothing refers to.
type Collect struct {
	Before Time
	// Limit bounds how many tasks and evaluations one entry forgets, so that others do not wait
	// behind it for long. Zero: none.
	Limit int
}

// CommandType implements Command.
func (Collect) CommandType() CommandType { return CmdCollect }
