// Package volume prepares the volumes that the containers of a task mount, and removes them when
// the task and its containers are gone.
//
//	host volume without a path     a volume of the engine, for this task
//	host path                      nothing to prepare; the engine makes a missing directory
//	Docker volume, scope task      a volume of the engine, for this task
//	Docker volume, scope shared    a volume of the engine, which outlives tasks and is never removed
//	EFS, FSx or S3 Files           where the operator mapped it: an NFS export (a volume of the
//	                               engine, for this task), a directory of the host, or a volume of a
//	                               driver, which is never removed
//
// The name of a volume for one task follows from the task, and its labels say whose it is. So
// nothing about volumes is kept on disk: a later agent finds what an earlier one prepared, and the
// sweep removes what belongs to no task that the agent holds. This package makes and removes no
// directory and no file itself.
package volume
