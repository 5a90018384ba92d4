// Package fsm applies the raft log to state. It also writes state to a snapshot on disk and reads
// it back.
//
// Tests enforce these rules:
//
//   - Every server applies the same entries and must reach the same state, to the byte. So this
//     package reads no clock, draws no random numbers and does not depend on the order of a Go map:
//     ids and times are in the command.
//   - A command changes everything that it describes or, if it is refused, nothing. A refusal is a
//     *structs.Error and is the same on every server.
//   - Data on disk stays readable, from the golden files of ADR 27 on. Command numbers, table
//     numbers of snapshots and CBOR keys are never reused. The zero value of a new field means
//     what its absence meant. Wrong: the field `cbor:"3,keyasint"` gets another meaning. Right: it
//     is removed, and the new field takes a number that was never used.
//   - How an entry is applied is part of the log too: during an upgrade, servers of two versions
//     apply the same entry. A new rule for an old command therefore depends on something in the
//     command, never on the version that applies it.
//
// The handlers of commands are in apply_<noun>.go, and commands.go has their table. A plan is the
// largest command: apply_plan.go calls its steps, and plan_*.go has one step each. Helpers that
// several handlers share are in evaluation.go, wake.go (the jobs to evaluate again) and queue.go
// (the evaluations to call when room appears). codec.go has the format of a log entry,
// snapshot.go and restore.go the format of a snapshot.
package fsm
