package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// restoreFile is the pattern of the names that spooled snapshots have.
const restoreFile = "restore-*.tmp"

// restoreWait bounds the wait for raft to begin with a restore, and for this server to lead with
// the restored state.
const restoreWait = 10 * time.Second

// SaveSnapshot writes all the state that was acknowledged before the call. Only the leader can.
// Nothing is written when it fails at once; a file without its end is not whole.
func (s *Server) SaveSnapshot(ctx context.Context, to io.Writer) error {
	if err := s.Current(ctx); err != nil {
		return err
	}
	head := snapshotHead{Term: s.raft.CurrentTerm(), SavedAt: structs.TimeOf(time.Now())}
	if s.config.Peers != nil {
		head.Version = s.config.Peers.Version
	}
	return writeSnapshotFile(to, head, s.store.Snapshot())
}

// restore is a saved state that is to take the place of the present one.
type restore struct {
	file *snapshotFile
	done chan error // capacity 1
}

// RestoreSnapshot puts a saved state in place of the present one, on all servers. Only the leader
// can. What is damaged, and what would replace work without replace, is refused before anything
// changes.
func (s *Server) RestoreSnapshot(ctx context.Context, from io.Reader, replace bool) (structs.SnapshotInfo, error) {
	if err := s.awaitLeading(ctx); err != nil {
		return structs.SnapshotInfo{}, err
	}
	file, err := s.spool(from)
	if err != nil {
		return structs.SnapshotInfo{}, err
	}
	defer os.Remove(file.file.Name())
	defer file.file.Close()
	if !replace && !bare(s.store.Snapshot()) {
		return structs.SnapshotInfo{}, structs.Errorf(structs.KindConflict,
			"the cluster is not empty: all that it has now would be lost, and tasks that the snapshot does not know are stopped. Save a snapshot of it first if in doubt; say --yes (replace=true) to go on.")
	}
	r := restore{file: file, done: make(chan error, 1)}
	select {
	case s.restores <- r:
	case <-s.stopping:
		return structs.SnapshotInfo{}, structs.ErrNoLeader()
	}
	select {
	case err = <-r.done:
	case <-s.stopping:
		err = structs.ErrNoLeader()
	}
	if err == nil {
		// so that the caller's next call is taken at once; the restore stands without it
		_ = s.awaitLeading(ctx)
	}
	return file.info, err
}

// spool keeps what comes in on disk, so that it can be read through before it is used. There must
// be room for it twice, since raft keeps it too.
func (s *Server) spool(from io.Reader) (*snapshotFile, error) {
	dir := filepath.Join(s.config.DataDir, serverDir)
	f, err := os.CreateTemp(dir, restoreFile)
	if err != nil {
		return nil, fmt.Errorf("keep the snapshot on disk: %w", err)
	}
	_, err = io.Copy(&roomyFile{file: f, dir: dir}, from)
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return nil, structs.Errorf(structs.KindUnavailable, "the snapshot did not arrive whole; nothing was changed: %v", err)
	}
	file, err := openSnapshotFile(f.Name())
	if err != nil {
		os.Remove(f.Name())
	}
	return file, err
}

// roomyFile is a file that does not grow so much that the disk had not room for it once more, and
// leastFree beyond: the log would find no room either, and the server end.
type roomyFile struct {
	file *os.File
	dir  string
	size int64
}

func (f *roomyFile) Write(b []byte) (int, error) {
	n := int64(len(b))
	switch free, err := free(f.dir); {
	case err != nil:
		return 0, err
	case free < n+f.size+n+leastFree:
		return 0, fmt.Errorf("the disk of data directory %s on the leader has %d KiB free, which are too few for it: free some space, then restore again", f.dir, free>>10)
	}
	f.size += n
	return f.file.Write(b)
}

// bare says whether nobody would miss the state.
func bare(s *state.Snapshot) bool {
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

// restoreState makes raft take a saved state for its own. The index goes on above all that was, and
// above that of the snapshot. The leader's work must not run.
func (s *Server) restoreState(file *snapshotFile) error {
	meta := &raft.SnapshotMeta{Version: raft.SnapshotVersionMax, Index: file.info.Index, Term: file.info.Term, Size: file.state.Size()}
	if err := s.raft.Restore(meta, file.state, restoreWait); err != nil {
		s.log.Error("could not restore a snapshot on all servers", "error", err)
		return structs.Errorf(structs.KindUnavailable, "this server stopped leading during the restore, which the others may or may not have: look, and restore again (%v)", err)
	}
	s.log.Warn("a saved snapshot has taken the place of the state", "index", file.info.Index, "saved", file.info.SavedAt)
	return nil
}

// passRestore writes an entry that changes nothing where the state is of an older index than raft's
// snapshot, as a restored one is: agents take no state whose index is below what they have seen.
func (s *Server) passRestore(ctx context.Context) error {
	at, err := strconv.ParseUint(s.raft.Stats()["last_snapshot_index"], 10, 64)
	if err != nil || s.store.Snapshot().Index() >= at {
		return err
	}
	_, err = s.apply(ctx, structs.Collect{})
	return err
}
