package fsm

import (
	"bufio"
	"io"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// nouns name the tables of a snapshot, for people.
var nouns = []struct {
	table byte
	name  string
}{
	{tableClusters, "clusters"}, {tableInstances, "container instances"}, {tableProviders, "capacity providers"},
	{tableTaskDefinitions, "task definitions"}, {tableRevisions, "families"}, {tableJobs, "jobs"}, {tableJobVersions, "job versions"},
	{tableDeployments, "deployments"}, {tableTasks, "tasks"}, {tableEvaluations, "evaluations"}, {tableServiceEvents, "services with events"},
	{tableTags, "tagged resources"}, {tableRooms, "clusters with room"}, {tableAccessKeys, "access keys"}, {tableBootstrap, "bootstraps"},
	{tableAccountSettings, "account settings"},
}

// WriteState writes a state as raft's snapshots have it. ReadContent and Restore read it.
func WriteState(to io.Writer, s *state.Snapshot) error {
	_, err := writeSnapshot(to, s)
	return err
}

// ReadContent reads a written state to its end, as Restore would, and says what is in it.
func ReadContent(from io.Reader) (index uint64, rows []structs.RowCount, err error) {
	r := &rowReader{from: bufio.NewReaderSize(from, 1<<18), strings: interner{}}
	if index, err = r.header(); err != nil {
		return 0, nil, err
	}
	if _, err := state.Load(index, r.rows); err != nil {
		return 0, nil, err
	}
	for _, n := range nouns {
		rows = append(rows, structs.RowCount{Noun: n.name, Count: r.counts[n.table]})
	}
	return index, rows, nil
}
