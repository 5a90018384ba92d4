package structs

// Collect removes rows that ended before a time: stopped tasks; jobs and evaluations that have
// nothing left to do; INACTIVE services with their history; and deleted instances, clusters and
// task definitions that nothing refers to.
type Collect struct {
	Before Time
	// Limit bounds how many tasks and evaluations one entry removes, so that other entries do not
	// wait long behind it. Zero means no limit.
	Limit int
}

// CommandType implements Command.
func (Collect) CommandType() CommandType { return CmdCollect }
