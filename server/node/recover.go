package node

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/state"
)

// Recovery makes the data directory of one server that is left a cluster of it alone, offline. It
// holds the directory from OpenRecovery to Close.
type Recovery struct {
	// ID and Address are the server's among the peers, Others the ids of the peers that it forgets.
	ID, Address string
	Others      []string
	// LastIndex is that of the newest entry on disk. Entries at the end of the log may never have
	// been acknowledged; they become a part of the state.
	LastIndex uint64

	log  *slog.Logger
	dir  *Dir
	disk *disk
}

// OpenRecovery looks at what is there and changes nothing. An empty id is read from the directory,
// as the server does.
func OpenRecovery(dataDir, id string, log *slog.Logger) (*Recovery, error) {
	dir := filepath.Join(dataDir, serverFolder)
	if _, err := os.Stat(filepath.Join(dir, logFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not the data directory of a server: there is no log in it", dataDir)
	}
	if _, err := os.Stat(filepath.Join(dir, "id")); id == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not the data directory of one of several servers: no server's id is in it", dataDir)
	}
	locked, err := OpenDir(dataDir, id)
	if err != nil {
		return nil, err
	}
	r := &Recovery{ID: locked.ID, log: log, dir: locked}
	if r.disk, err = openDisk(dir, log); err != nil {
		return nil, errors.Join(err, locked.Close())
	}
	if err := r.look(); err != nil {
		return nil, errors.Join(fmt.Errorf("recover data directory %s: %w", dataDir, err), r.Close())
	}
	return r, nil
}

// Close lets go of the data directory.
func (r *Recovery) Close() error { return errors.Join(r.disk.close(), r.dir.Close()) }

// look finds this server among the peers that are on disk.
func (r *Recovery) look() (err error) {
	defer told(&err)
	logs, snapshots := r.disk.logs, r.disk.snapshots
	known, err := raft.HasExistingState(logs, logs, snapshots)
	if err != nil {
		return err
	}
	if !known {
		return errors.New("this server was of no cluster yet; start it with --join, or --bootstrap-expect 1")
	}
	peers, err := raft.GetConfiguration(r.config(), r.machine(), logs, logs, snapshots, r.transport())
	if err != nil {
		return err
	}
	for _, p := range peers.Servers {
		if string(p.ID) == r.ID {
			r.Address = string(p.Address)
			continue
		}
		r.Others = append(r.Others, string(p.ID))
	}
	switch {
	case r.Address == "":
		return fmt.Errorf("server %s is none of the peers %v that it knows: it has left the cluster. Recover another server", r.ID, r.Others)
	case len(r.Others) == 0:
		return errors.New("this server is a cluster of its own already; just start it")
	}
	kept, err1 := snapshots.List()
	last, err2 := logs.LastIndex()
	if len(kept) > 0 {
		last = max(last, kept[0].Index)
	}
	r.LastIndex = last
	return cmp.Or(err1, err2)
}

// Run makes this server the only peer. All that is on disk becomes its state, and a snapshot of
// that takes the place of the log.
func (r *Recovery) Run() (err error) {
	defer told(&err)
	itself := raft.Configuration{Servers: []raft.Server{{ID: raft.ServerID(r.ID), Address: raft.ServerAddress(r.Address)}}}
	logs := r.disk.logs
	if err := raft.RecoverCluster(r.config(), r.machine(), logs, logs, r.disk.snapshots, r.transport(), itself); err != nil {
		return fmt.Errorf("make server %s the only peer: %w", r.ID, err)
	}
	return nil
}

// told makes an error of raft's way to say that what is on disk cannot be used.
func told(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("it is damaged: %v", r)
	}
}

func (r *Recovery) config() *raft.Config {
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(r.ID)
	config.Logger = raftLogger(r.log)
	return config
}

// machine is a state of its own, for raft to build what is on disk.
func (r *Recovery) machine() *fsm.FSM { return fsm.New(fsm.Config{Store: state.New(), Logger: r.log}) }

// transport reaches nobody.
func (r *Recovery) transport() raft.Transport {
	_, t := raft.NewInmemTransport(raft.ServerAddress(r.Address))
	return t
}
