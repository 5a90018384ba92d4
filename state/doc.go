// Package state is what the cluster knows: copy-on-write ordered tables, one file a noun.
//
// Rules, which tests hold:
//
//   - Only fsm writes, one transaction (Store.Update) at a time. Readers take a Snapshot, which never changes.
//   - A row is never changed in place. Copy it, change the copy, put it back.
//     Wrong: t := tx.Task(id); t.LastStatus = s            (every snapshot that holds t changes too)
//     Right: t := *tx.Task(id); t.LastStatus = s; tx.PutTask(&t)
//   - No clock, no random, no order of a Go map: the same writes give the same tables on every server.
//   - What can be derived cheaply is not stored, except Usage, which is kept up with every change of a task.
package state
