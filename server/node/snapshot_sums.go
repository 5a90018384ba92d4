package node

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/raft"
)

// Raft keeps a snapshot in a folder with two files. meta.json has the checksum of state.bin, but
// none of itself. So state.bin begins with:
//
//	8 bytes      snapshotSumMagic
//	4 bytes      the CRC-32C of what meta.json says about index, term and peers
//
// and the state follows.
const snapshotSumMagic = "GANTRYSM"

// snapshotHeadSize is the number of bytes before the state.
const snapshotHeadSize = len(snapshotSumMagic) + sumSize

// checkedSnapshots is raft's snapshots with checksums on everything. A read that finds something
// other than what was written returns a damageError.
type checkedSnapshots struct {
	*raft.FileSnapshotStore
	dir string
}

// openSnapshots reads the newest snapshots completely.
func openSnapshots(dir string, log *slog.Logger) (*checkedSnapshots, error) {
	store, err := raft.NewFileSnapshotStoreWithLogger(dir, snapshotsKept, raftLogger(log))
	if err != nil {
		return nil, fmt.Errorf("open the snapshots in %s: %w", dir, err)
	}
	s := &checkedSnapshots{FileSnapshotStore: store, dir: filepath.Join(dir, "snapshots")}
	names, err := s.newest()
	if err != nil {
		return nil, fmt.Errorf("list the snapshots in %s: %w", dir, err)
	}
	for _, name := range names {
		_, content, err := s.Open(name)
		if err != nil {
			return nil, damage("the snapshot "+filepath.Join(s.dir, name), err, dir)
		}
		content.Close()
	}
	return s, nil
}

// covered returns the index of the newest snapshot, zero if there is none.
func (s *checkedSnapshots) covered() uint64 {
	kept, err := s.List()
	if err != nil || len(kept) == 0 {
		return 0
	}
	return kept[0].Index
}

// newest returns the names of the kept snapshots. Raft goes by their content, and leaves out those
// that it cannot read. There may be parts of an older one that was being removed when the server
// ended.
func (s *checkedSnapshots) newest() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	type snapshot struct {
		term, index, made uint64
		name              string
	}
	var all []snapshot
	for _, e := range entries {
		one := snapshot{name: e.Name()}
		n, _ := fmt.Sscanf(e.Name(), "%d-%d-%d", &one.term, &one.index, &one.made)
		if n == 3 && e.IsDir() && e.Name() == fmt.Sprintf("%d-%d-%d", one.term, one.index, one.made) {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b snapshot) int {
		return -cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.index, b.index), cmp.Compare(a.made, b.made))
	})
	var names []string
	for _, one := range all[:min(len(all), snapshotsKept)] {
		names = append(names, one.name)
	}
	return names, nil
}

// metaSum returns the checksum of what raft keeps about a snapshot besides the state.
func metaSum(
	version raft.SnapshotVersion, index, term uint64, peers raft.Configuration, peersIndex uint64,
) ([]byte, error) {
	text, err := json.Marshal([]any{version, index, term, peers, peersIndex})
	return binary.BigEndian.AppendUint32(nil, crc32.Checksum(text, checksums)), err
}

// Create begins a snapshot (raft.SnapshotStore).
func (s *checkedSnapshots) Create(
	version raft.SnapshotVersion, index, term uint64, peers raft.Configuration, peersIndex uint64,
	transport raft.Transport,
) (raft.SnapshotSink, error) {
	sum, err := metaSum(version, index, term, peers, peersIndex)
	if err != nil {
		return nil, err
	}
	sink, err := s.FileSnapshotStore.Create(version, index, term, peers, peersIndex, transport)
	if err != nil {
		return nil, err
	}
	if _, err := sink.Write(append([]byte(snapshotSumMagic), sum...)); err != nil {
		return nil, errors.Join(err, sink.Cancel())
	}
	return sink, nil
}

// Open returns a snapshot once it has been read completely (raft.SnapshotStore). If it has been
// removed, the error is fs.ErrNotExist.
func (s *checkedSnapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	meta, content, err := s.FileSnapshotStore.Open(id)
	if err != nil {
		if _, gone := os.Stat(filepath.Join(s.dir, id)); gone != nil {
			return nil, nil, err
		}
		return nil, nil, damaged("open it: %w", err)
	}
	if err := s.check(id, meta, content); err != nil {
		return nil, nil, errors.Join(err, content.Close())
	}
	return meta, content, nil
}

// check checks the parts that raft does not check, and reads content up to the state, which is all
// that raft may see.
func (s *checkedSnapshots) check(id string, meta *raft.SnapshotMeta, content io.Reader) error {
	stat, err := os.Stat(filepath.Join(s.dir, id, "state.bin"))
	if err != nil {
		return err
	}
	if meta.ID != id || meta.Size != stat.Size() || meta.Version != raft.SnapshotVersionMax {
		return damaged("meta.json is of another snapshot: it says %q, version %d, %d bytes", meta.ID, meta.Version, meta.Size)
	}
	meta.Peers = nil // for an older format than meta.Version
	var head [snapshotHeadSize]byte
	if _, err := io.ReadFull(content, head[:]); err != nil {
		return damaged("read its head: %w", err)
	}
	if string(head[:len(snapshotSumMagic)]) != snapshotSumMagic {
		return damaged("its head is not what was written")
	}
	sum, err := metaSum(meta.Version, meta.Index, meta.Term, meta.Configuration, meta.ConfigurationIndex)
	if err != nil || !bytes.Equal(sum, head[len(snapshotSumMagic):]) {
		return damaged("what meta.json says is not what was written")
	}
	meta.Size -= int64(len(head))
	return nil
}
