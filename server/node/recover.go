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

// Recovery turns the data directory of the only server left into a cluster of that server alone,
// offline. It holds the directory from OpenRecovery to Close.
type Recovery struct {
	// ID and Address are this server's as a peer. Others are the ids of the peers that it forgets.
	ID, Address string
	Others      []string
	// LastIndex is the index of the newest entry on disk. Entries at the end of the log may never
	// have been acknowledged; they become part of the state.
	LastIndex uint64

	log  *slog.Logger
	dir  *Dir
	disk *disk
}

// OpenRecovery reads the data on disk and changes nothing. An empty id is read from the directory,
// as a server does.
func OpenRecovery(dataDir, id string, log *slog.Logger) (*Recovery, error) {
	dir := filepath.Join(dataDir, serverFolder)
	if _, err := os.Stat(filepath.Join(dir, logFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not the data directory of a server: there is no log in it", dataDir)
	}
	if _, err := os.Stat(filepath.Join(dir, "id")); id == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not the data directory of one of several servers: "+
			"there is no server's id in it", dataDir)
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

// Close releases the data directory.
func (r *Recovery) Close() error { return errors.Join(r.disk.close(), r.dir.Close()) }

// look finds this server among the peers on disk.
func (r *Recovery) look() (err error) {
	defer panicAsError(&err)
	logs, snapshots := r.disk.logs, r.disk.snapshots
	known, err := raft.HasExistingState(logs, logs, snapshots)
	if err != nil {
		return err
	}
	if !known {
		return errors.New("this server was not part of a cluster yet; start it with --join, or --bootstrap-expect 1")
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
		return fmt.Errorf("server %s is not one of the peers %v that it knows: it has left the cluster. "+
			"Recover another server", r.ID, r.Others)
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

// Run makes this server the only peer. Everything on disk becomes its state, and a snapshot of that
// replaces the log.
func (r *Recovery) Run() (err error) {
	defer panicAsError(&err)
	itself := raft.Configuration{Servers: []raft.Server{{ID: raft.ServerID(r.ID), Address: raft.ServerAddress(r.Address)}}}
	logs := r.disk.logs
	err = raft.RecoverCluster(r.config(), r.machine(), logs, logs, r.disk.snapshots, r.transport(), itself)
	if err != nil {
		return fmt.Errorf("make server %s the only peer: %w", r.ID, err)
	}
	return nil
}

// panicAsError is deferred around raft, which panics if it cannot use the data on disk.
func panicAsError(err *error) {
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

// machine returns an FSM with its own state, which raft builds from the data on disk.
func (r *Recovery) machine() *fsm.FSM { return fsm.New(fsm.Config{Store: state.New(), Logger: r.log}) }

// transport returns a transport that reaches nobody.
func (r *Recovery) transport() raft.Transport {
	_, t := raft.NewInmemTransport(raft.ServerAddress(r.Address))
	return t
}
