package server

import (
	"context"
	"io"

	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// SaveSnapshot writes the whole state with everything that was acknowledged before the call. Only
// the leader can. If it fails at once, nothing is written; a file without its end is incomplete.
func (s *Server) SaveSnapshot(ctx context.Context, to io.Writer) error {
	if err := s.Current(ctx); err != nil {
		return err
	}
	return s.node.SaveState(to, s.config.Version)
}

// restore is a saved state that should replace the present one.
type restore struct {
	file *node.SnapshotFile
	done chan error // capacity 1
}

// RestoreSnapshot makes a saved state the state of all servers. Only the leader can. A damaged file
// is refused before anything changes, and so is a restore that would lose existing work, unless
// replace is set.
func (s *Server) RestoreSnapshot(ctx context.Context, from io.Reader, replace bool) (structs.SnapshotInfo, error) {
	if err := s.awaitLeading(ctx); err != nil {
		return structs.SnapshotInfo{}, err
	}
	file, err := s.node.Spool(from)
	if err != nil {
		return structs.SnapshotInfo{}, err
	}
	defer file.Discard()
	if !replace && !empty(s.store.Snapshot()) {
		return structs.SnapshotInfo{}, structs.Errorf(structs.KindConflict,
			"the cluster is not empty: everything that it has now would be lost, and tasks that the snapshot does not know "+
				"are stopped. Save a snapshot of it first if in doubt; say --yes (replace=true) to go on.")
	}
	r := restore{file: file, done: make(chan error, 1)}
	select {
	case s.restores <- r:
	case <-s.node.Stopping():
		return structs.SnapshotInfo{}, structs.ErrNoLeader()
	}
	select {
	case err = <-r.done:
	case <-s.node.Stopping():
		err = structs.ErrNoLeader()
	}
	if err == nil {
		// so that the caller's next call is taken at once; the restore is done in any case
		_ = s.awaitLeading(ctx)
	}
	return file.Info, err
}

// empty reports whether nobody would miss the state.
func empty(s *state.Snapshot) bool {
	for c := range s.Clusters() {
		if c.Name != structs.DefaultCluster {
			return false
		}
	}
	for range s.TaskDefinitions() {
		return false
	}
	for range s.AllInstances() {
		return false
	}
	for range s.AllJobs() {
		return false
	}
	return true
}

// passRestore writes an entry that changes nothing if the state's index is older than raft's
// snapshot, as after a restore: agents accept no state with a lower index than they have seen.
func (s *Server) passRestore(ctx context.Context) error {
	at, err := s.node.SnapshotIndex()
	if err != nil || s.store.Snapshot().Index() >= at {
		return err
	}
	_, err = s.node.Apply(ctx, structs.Collect{})
	return err
}
