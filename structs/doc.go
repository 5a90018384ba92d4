// Package structs holds the nouns of Gantry and their rules: what a cluster, a task or a job is,
// when one is valid, and which statuses follow which. It also holds what the other packages say to
// each other about them: the commands of the raft log, the errors that callers see, and the bodies
// of the native API.
//
// ECS's noun wins where ECS has one. Each noun is one Go type in one file, and its JSON names are
// ECS's, so it is the same type at the doors, in the log, in state and in agents. Shapes that are
// stored as users sent them are generated from the ECS model (ecs.gen.go, written by aws/gen); the
// nouns that Gantry itself changes are written by hand.
//
// Two kinds of numbers are on people's disks and are never reused: those of commands (command.go),
// and the CBOR keys of fields (keyasint). A new field takes a new key, and its zero value means
// what its absence meant.
//
// The package imports the standard library and structs/query alone, and calls no clock and no
// random. Values are plain: no locks, no pointers back to their owners. Rows of state are shared,
// so whoever changes one copies it first.
package structs
