package node

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"

	"github.com/gantry-project/gantry/fsm"
)

const (
	// openTimeout limits the wait for bolt's own lock on its file.
	openTimeout = time.Second
	// snapshotsKept is how many snapshots stay on disk: the newest and the one before it.
	snapshotsKept = 2
	// logFile holds raft's log, term and vote in a server's folder.
	logFile = "raft.db"
)

// disk is raft's data on disk.
type disk struct {
	logs      *checkedLog // the log, term and vote
	snapshots *checkedSnapshots
}

func (d *disk) close() error { return d.logs.Close() }

// openDisk opens the log and the snapshots and reads them once completely. So damage is found now,
// with an error that explains what to do, and not later through a crash or a wrong vote.
func openDisk(dir string, log *slog.Logger) (*disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if err := checkFree(dir); err != nil {
		return nil, err
	}
	snapshots, err := openSnapshots(dir, log)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, logFile)
	logs, err := openLog(path)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("open the raft log: %w", err)
	case err != nil:
		return nil, damage("the raft log "+path, err, dir)
	}
	d, covered := &disk{logs: logs, snapshots: snapshots}, snapshots.covered()
	if err := d.read(covered); err != nil {
		return nil, errors.Join(damage("the raft log "+path, err, dir), d.close())
	}
	return d, nil
}

func openLog(path string) (*checkedLog, error) {
	if err := checkBolt(path); err != nil {
		return nil, err
	}
	var file *raftboltdb.BoltStore
	err := careful(func() (err error) {
		// Bolt's list of free pages stays on disk. Without it, bolt searches for them in its own
		// goroutine, where a damaged file ends the process.
		file, err = raftboltdb.New(raftboltdb.Options{
			Path: path, BoltOptions: &bbolt.Options{Timeout: openTimeout, FreelistType: bbolt.FreelistMapType},
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return &checkedLog{file: file}, nil
}

// read reads the term, the vote and every entry of the log, and checks that the entries can be
// decoded. covered is the index of the newest snapshot.
func (d *disk) read(covered uint64) error {
	term, err := d.logs.GetUint64(termKey)
	missing := errors.Is(err, raftboltdb.ErrKeyNotFound)
	if err != nil && !missing {
		return err
	}
	first, err1 := d.logs.FirstIndex()
	_, err2 := d.logs.GetUint64(votedInKey)
	_, err3 := d.logs.Get(votedForKey)
	for _, err := range []error{err1, err2, err3} {
		if err != nil && !errors.Is(err, raftboltdb.ErrKeyNotFound) {
			return err
		}
	}
	if missing && first+covered > 0 {
		return damaged("it has no term")
	}
	return d.logs.each(covered, func(entry *raft.Log) error {
		if entry.Term > term {
			return damaged("entry %d is of term %d, which is later than the newest term, %d", entry.Index, entry.Term, term)
		}
		if entry.Type != raft.LogCommand {
			return nil
		}
		if err := fsm.Readable(entry.Data); err != nil {
			return fmt.Errorf("entry %d: %w", entry.Index, err)
		}
		return nil
	})
}
