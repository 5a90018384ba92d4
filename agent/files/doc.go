// Package files gives tasks what only servers can read: the variables of environment files. It is a
// task.Resource.
//
// A server is asked once for each task, before its first container. The answer is kept in a
// directory in memory (tmpfs), so that no secret reaches a disk:
//
//	DIR/INSTANCE/TASK/task.json    the answer
//	DIR/INSTANCE/TASK.new/         an answer that is being written; renamed when it is complete
//
// A later agent finds it there, and gives the rest of the containers the same, whatever the files
// are by then. The directory of a task is removed when its containers have ended, and the sweep
// removes those of tasks that the agent does not hold.
package files
