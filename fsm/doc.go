// Package fsm is the one place where the raft log is applied to state, and where state becomes a
// snapshot on disk and comes back from it.
//
// Rules, which tests hold:
//
//   - Every server applies the same entries and must come to the same state, to the byte. So nothing here reads a clock,
//     draws a random number, or lets the order of a Go map show: ids and times are in the command.
//   - A command changes everything it says or, refused, nothing. A refusal is a *structs.Error and is the same everywhere.
//   - What is on disk stays readable. Command numbers, snapshot table numbers and CBOR keys are never used again for
//     something else; a new field has a zero value that means what its absence meant before.
//     Wrong: a field `cbor:"3,keyasint"` gets another meaning.   Right: it goes, and the new one takes a number never used.
//   - How an entry is applied is part of the log too: servers of two versions apply the same entry during an upgrade. A new
//     rule for an old command therefore hangs on something in the command, never on the version that applies it.
//
// One file a noun holds the handlers (apply_*.go), commands.go the table of them, codec.go the form
// of an entry, and snapshot.go and restore.go the form of a snapshot.
package fsm
