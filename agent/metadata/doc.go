// Package metadata answers the tasks of an instance at 169.254.170.2, as ECS's agent does, and
// forwards their calls of AWS's APIs to the servers. docs/task-metadata.md describes it for users.
//
//	/v2/credentials/ID                     keys of the task's role (agent/credentials)
//	/v4/ID, /v4/ID/task, …/taskWithTags    what the container and its task are; /v3 likewise
//	/v4/ID/stats, /v4/ID/task/stats        what they use, from the engine
//	/api/ID/task-protection/v1/state       protection from scale-in, under the task's role
//	anything else                          a call of an AWS API or Gantry's, for the servers
//
// Who asks is decided by the id in the path. It is derived from the task and a secret in the data
// directory (id.go), so an agent that was killed answers under the same one. It also names the
// agent: several on one machine share the address, each gets some of all connections, and what is
// another's is passed on to it.
//
//	metadata.go    Metadata: a resource of tasks, and its life
//	site.go        where it answers
//	variables.go   what containers find in their environment
//	handler.go     which answer a request gets
//	describe.go    tasks and containers; shapes.go: as JSON
//	stats.go       statistics
//	protection.go  task protection
package metadata
