// Package state is what the cluster knows: copy-on-write ordered tables, one file per noun.
//
// Each noun is declared in its file (Declare), and schema.go lists them. rows.go reads and writes
// rows and their indexes as declared. A transaction publishes every change: feed.go to followers of
// all changes, subscription.go to subscribers of a topic. What placement asks of instances (usage,
// hosts, classes) is derived with each transaction.
//
// Rules that tests enforce:
//
//   - Only fsm writes, one transaction (Store.Update) at a time. Readers take a Snapshot, which
//     never changes.
//   - A row is never changed in place. Copy it, change the copy, put it back.
//     Wrong: t := tx.Task(id); t.LastStatus = s     (every snapshot that holds t changes too)
//     Right: t := *tx.Task(id); t.LastStatus = s; tx.PutTask(&t)
//   - No clock, no random, no order of a Go map: the same writes give the same tables on every
//     server.
//   - What can be derived cheaply is not stored, except Usage, which is kept up with every change
//     of a task.
package state
