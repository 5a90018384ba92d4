package structs

import "fmt"

// TaskStatus is one step of a task's life. Tasks only move forward, so statuses compare with < and
// >.
type TaskStatus uint8

// The steps of a task's life, in order (ECS, "Task lifecycle"). The numbers are in the log and in
// snapshots: never change them.
const (
	TaskProvisioning TaskStatus = 10 // its agent does not know it yet
	// the agent prepares it: images are pulled, containers created
	TaskPending        TaskStatus = 20
	TaskActivating     TaskStatus = 30 // containers are starting
	TaskRunning        TaskStatus = 40
	TaskDeactivating   TaskStatus = 50 // leaving load balancers before the stop
	TaskStopping       TaskStatus = 60 // SIGTERM was sent; SIGKILL follows after stopTimeout
	TaskDeprovisioning TaskStatus = 70 // containers have ended; networks and volumes are released
	TaskStopped        TaskStatus = 80
)

var taskStatusNames = map[TaskStatus]string{
	TaskProvisioning: "PROVISIONING", TaskPending: "PENDING", TaskActivating: "ACTIVATING", TaskRunning: "RUNNING",
	TaskDeactivating: "DEACTIVATING", TaskStopping: "STOPPING", TaskDeprovisioning: "DEPROVISIONING", TaskStopped: "STOPPED",
}

// String returns ECS's word for the status; empty for the zero value.
func (s TaskStatus) String() string { return taskStatusNames[s] }

// MarshalText writes ECS's word.
func (s TaskStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads ECS's word; an unknown one is an error.
func (s *TaskStatus) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*s = 0
		return nil
	}
	for k, v := range taskStatusNames {
		if v == string(b) {
			*s = k
			return nil
		}
	}
	return fmt.Errorf("unknown task status %q", b)
}
