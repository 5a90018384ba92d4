package state

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// writer runs transactions in a store, one after the other.
type writer struct {
	testing.TB
	*Store
	index uint64
}

func newWriter(t testing.TB) *writer { return &writer{TB: t, Store: New()} }

// write runs a transaction that does not fail.
func (w *writer) write(fn func(*Tx)) {
	w.Helper()
	w.index++
	if err := w.Update(w.index, func(tx *Tx) error { fn(tx); return nil }); err != nil {
		w.Fatal(err)
	}
}

func task(id, job, instance string) *structs.Task {
	return &structs.Task{ID: id, Cluster: "prod", Job: job, Instance: instance, LastStatus: structs.TaskRunning, CPU: 10, Memory: 20}
}

func port(n uint16) structs.Port { return structs.Port{Number: n, Protocol: "tcp"} }

// ids collects the ids of a sequence of tasks.
func ids(seq func(func(*structs.Task) bool)) []string {
	var all []string
	for t := range seq {
		all = append(all, t.ID)
	}
	return all
}
