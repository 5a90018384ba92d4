// Package fsm applies the raft log to state. It also writes state to a snapshot on disk and reads
// it back.
//
// Tests hold these rules:
//
//   - Every server applies the same entries and must come to the same state, to the byte. So
//     nothing here reads a clock, draws a random number, or depends on the order of a Go map: ids
//     and times are in the command.
//   - A command changes everything it says or, if it is refused, nothing. A refusal is a
//     *structs.Error and is the same on every server.
//   - What is on disk stays readable, from the golden files of ADR 27 on. Command numbers, table
//     numbers of snapshots and CBOR keys are never reused for something else. The zero value of a
//     new field means what its absence meant. Wrong: a field `cbor:"3,keyasint"` gets another
//     meaning. Right: it goes, and the new field takes a number that was never used.
//   - How an entry is applied is part of the log too: during an upgrade, servers of two versions
//     apply the same entry. A new rule for an old command therefore depends on something in the
//     command, never on the version that applies it.
//
// The handlers of commands are in apply_<noun>.go, and commands.go has the table of them. A plan is
// the largest command: apply_plan.go names its steps, plan_*.go has one step each. Helpers that
// several handlers share are in evaluation.go, wake.go (which jobs look again) and queue.go (who is
// called when room appears). codec.go has the form of a log entry, snapshot.go and restore.go the
// form of a snapshot.
package fsm
