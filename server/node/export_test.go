package node

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"strings"

	"github.com/hashicorp/raft"
)

// Snapshot makes raft write a snapshot and keep only so many entries of the log before it.
func (n *Node) Snapshot(trailing uint64) error {
	config := n.raft.ReloadableConfig()
	config.TrailingLogs = trailing
	return errors.Join(n.raft.ReloadConfig(config), n.raft.Snapshot().Error())
}

// Kept returns everything that raft finds in a server's folder, as text, or the reason why the
// server would not start.
func Kept(dir string) (string, error) {
	d, err := openDisk(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	defer d.close()
	text := &strings.Builder{}
	for _, key := range [][]byte{termKey, votedInKey, votedForKey} {
		value, err := d.logs.Get(key)
		fmt.Fprintf(text, "%s %x %v\n", key, value, err)
	}
	snapshots, err := d.snapshots.List()
	for _, s := range snapshots {
		meta, content, err := d.snapshots.Open(s.ID)
		if err != nil {
			return "", err
		}
		state, err := io.ReadAll(content)
		s.Peers = nil // belongs to an older format, which nobody reads
		fmt.Fprintf(text, "%+v %+v %x %v\n", s, meta, sha256.Sum256(state), errors.Join(err, content.Close()))
	}
	err = errors.Join(err, d.logs.each(d.snapshots.covered(), func(entry *raft.Log) error {
		_, err := fmt.Fprintln(text, entry.Index, entry.Term, entry.Type, crc32.ChecksumIEEE(entry.Data),
			entry.Extensions, entry.AppendedAt)
		return err
	}))
	return text.String(), err
}
