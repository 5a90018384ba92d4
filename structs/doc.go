// Package structs holds the nouns of Gantry and their rules: what a cluster, a task or a job is,
// when it is valid, and which status can follow which. It also holds the messages about them that
// other packages exchange: the commands of the raft log, the errors that callers see, and the
// bodies of the native API.
//
// Where ECS has a noun, Gantry uses it. Each noun is one Go type in one file, and its JSON names
// are ECS's, so the same type serves the doors, the log, state and agents. Shapes that are stored
// as users sent them are generated from the ECS model (ecs.gen.go, written by aws/gen); the nouns
// that Gantry itself changes are written by hand.
//
// Two kinds of numbers are on people's disks and are never reused: those of commands (command.go),
// and the CBOR keys of fields (keyasint). A new field takes a new key, and its zero value means
// what its absence meant.
//
// The package imports only the standard library and structs/query, and uses neither clocks nor
// randomness. Values are plain: no locks, no pointers back to their owners. Rows of state are
// shared, so whoever changes one copies it first.
package structs
