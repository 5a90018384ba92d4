package fsm

import (
	"fmt"
	"log/slog"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Config holds what an FSM needs. Both fields are required.
type Config struct {
	// Store is the state that entries change. The FSM is its only writer.
	Store *state.Store
	// Logger logs snapshots and restores.
	Logger *slog.Logger
}

// FSM applies the raft log to a store. Raft calls it from one goroutine at a time, except for
// Persist of a snapshot.
type FSM struct {
	store  *state.Store
	logger *slog.Logger
}

var _ raft.FSM = (*FSM)(nil)

// New returns an FSM.
func New(c Config) *FSM { return &FSM{store: c.Store, logger: c.Logger} }

// Result is the value that Apply, and therefore raft's ApplyFuture.Response, returns.
type Result struct {
	Applied structs.Applied
	// Err, a *structs.Error, is set if the command was refused. Then only the index has changed.
	Err error
}

// Apply applies one entry and returns a Result.
func (f *FSM) Apply(entry *raft.Log) any {
	h, cmd := mustDecode(entry)
	result := Result{Applied: structs.Applied{Index: entry.Index}}
	result.Err = f.store.Update(entry.Index, func(tx *state.Tx) (err error) {
		result.Applied.Key, err = h.apply(tx, entry.Index, cmd)
		return err
	})
	return result
}

// mustDecode reads an entry or panics. Raft gives an FSM no way to fail, and a server that skipped
// an entry that others apply would silently diverge from them. So the process stops with an
// explanation.
func mustDecode(entry *raft.Log) (handler, structs.Command) {
	h, cmd, err := decode(entry.Data)
	if err != nil {
		panic(fmt.Sprintf("fsm: cannot apply raft entry %d (term %d): %v", entry.Index, entry.Term, err))
	}
	return h, cmd
}
