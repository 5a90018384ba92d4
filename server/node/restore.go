package node

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/structs"
)

// restoreFile is the pattern of the names of spooled snapshots.
const restoreFile = "restore-*.tmp"

// restoreWait limits the wait for raft to begin a restore, and for this server to lead with the
// restored state.
const restoreWait = 10 * time.Second

// SaveState writes the state that is applied here to a file for people to keep. version is that of
// this program. If it fails at once, nothing is written; a file without its end is incomplete.
func (n *Node) SaveState(to io.Writer, version string) error {
	head := snapshotHead{Term: n.raft.CurrentTerm(), SavedAt: structs.TimeOf(time.Now()), Version: version}
	return writeSnapshotFile(to, head, n.store.Snapshot())
}

// Spool keeps a saved snapshot on disk while it arrives, so that it can be read completely before
// it is used. The disk must have space for it twice, because raft keeps it too. The caller discards
// it.
func (n *Node) Spool(from io.Reader) (*SnapshotFile, error) {
	dir := n.dir.Path()
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

// Discard removes a spooled snapshot.
func (s *SnapshotFile) Discard() {
	s.file.Close()
	os.Remove(s.file.Name())
}

// roomyFile is a file that stops growing while the disk still has space for a second copy and
// leastFree beyond that. Otherwise the log would find no space either, and the server would end.
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
		return 0, fmt.Errorf("the disk of data directory %s on the leader has %d KiB free, "+
			"which is not enough for it: free some space, then restore again", f.dir, free>>10)
	}
	f.size += n
	return f.file.Write(b)
}

// Restore makes a saved state the state of all servers. The index continues above all earlier ones
// and above the snapshot's. Nothing else may write in the meantime.
func (n *Node) Restore(file *SnapshotFile) error {
	meta := &raft.SnapshotMeta{
		Version: raft.SnapshotVersionMax, Index: file.Info.Index, Term: file.Info.Term, Size: file.state.Size(),
	}
	if err := n.raft.Restore(meta, file.state, restoreWait); err != nil {
		n.log.Error("could not restore a snapshot on all servers", "error", err)
		return structs.Errorf(structs.KindUnavailable,
			"this server stopped leading during the restore, which the others may or may not have: "+
				"look, and restore again (%v)", err)
	}
	n.log.Warn("a saved snapshot has taken the place of the state", "index", file.Info.Index, "saved", file.Info.SavedAt)
	return nil
}

// SnapshotIndex returns the index of raft's newest snapshot.
func (n *Node) SnapshotIndex() (uint64, error) {
	return strconv.ParseUint(n.raft.Stats()["last_snapshot_index"], 10, 64)
}
