// Package state is what the cluster knows: copy-on-write ordered tables, one file per noun.
//
// Each noun is declared in its file (Declare), and schema.go lists them. rows.go reads and writes
// rows and their indexes as declared. A transaction publishes every change: feed.go to followers of
// all changes, subscription.go to subscribers of a topic. The data about instances that placement
// needs (usage, hosts, classes) is derived in each transaction.
//
// Tests enforce these rules:
//
//   - Only fsm writes, one transaction (Store.Update) at a time. Readers take a Snapshot, which
//     never changes.
//   - A row is never changed in place. Copy it, change the copy, and put it back.
//     Wrong: t := tx.Task(id); t.LastStatus = s     (every snapshot that holds t changes too)
//     Right: t := *tx.Task(id); t.LastStatus = s; tx.PutTask(&t)
//   - There is no clock, no randomness and no dependence on the order of a Go map: the same writes
//     result in the same tables on every server.
//   - Data that can be derived cheaply is not stored. The exception is Usage, which is updated with
//     every change of a task.
package state
