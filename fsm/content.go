package fsm

import (
	"io"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// WriteState writes a state in the format of raft's snapshots. ReadContent and Restore read it.
func WriteState(to io.Writer, s *state.Snapshot) error {
	_, err := writeSnapshot(to, s)
	return err
}

// ReadContent reads a written state to its end, as Restore does, and returns a summary of its
// content.
func ReadContent(from io.Reader) (index uint64, rows []structs.RowCount, err error) {
	return readContent(from, state.Nouns())
}

func readContent(from io.Reader, nouns []state.Noun) (index uint64, rows []structs.RowCount, err error) {
	store, read, err := readSnapshot(from, nouns)
	if err != nil {
		return 0, nil, err
	}
	for _, n := range nouns {
		rows = append(rows, structs.RowCount{Noun: n.Name(), Count: read.counts[n.Table()]})
	}
	return store.Snapshot().Index(), rows, nil
}
