// Package cgroup gives each task a cgroup of its own, in which the engine makes those of the
// task's containers. The cgroup has the task's limits, as in ECS:
//
//	the task's cpu       at most that much processor time for all containers together
//	the task's memory    at most that much for all containers together
//	cpu units            how much the task gets beside other tasks when the processor is busy: the
//	                     task's cpu, or the sum of its containers'
//
// Linux has two versions of cgroups, and engines make them in two ways (drivers): as directories,
// or through systemd. All four combinations come to the same limits. Only the names differ:
//
//	cgroupfs    /gantry/INSTANCE/TASK
//	systemd     gantry-INSTANCE-TASK.slice
//
// The names say which instance and task a cgroup belongs to, so nothing about them is kept
// elsewhere. After a crash, Sweep finds what is left by its name.
//
// Where the agent cannot make cgroups, each container gets the limits of its task as its own (see
// Open).
package cgroup
