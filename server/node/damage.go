package node

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime/debug"

	"github.com/hashicorp/raft"
)

// checksums is the table of all checksums on a server's disk: CRC-32C.
var checksums = crc32.MakeTable(crc32.Castagnoli)

// damageError means that the disk holds something other than what was written. A server must not
// continue then: it would vote as if it had never voted, or send others data that nobody wrote.
type damageError struct{ error }

func damaged(format string, args ...any) error { return &damageError{fmt.Errorf(format, args...)} }

// damage returns an error that names the damage in a server's folder, and what to do about it.
func damage(what string, how any, dir string) error {
	return fmt.Errorf("%s is damaged (%v): nothing was changed. Restore the data directory from a copy, or move %s away: "+
		"one of several servers then gets everything from the others, a single server starts empty", what, how, dir)
}

// careful calls bolt, which maps its file into memory and trusts it. Damage since the file was
// checked may show as a panic or a memory fault.
func careful(call func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damaged("its file cannot be used: %v", r)
		}
	}()
	return call()
}

// GetLog returns an entry of the log. Like the methods below, it does not return if it finds
// damage, and the server ends. Raft would end the process without an explanation, or retry forever.
func (d *diskWrites) GetLog(index uint64, entry *raft.Log) error {
	err := d.checkedLog.GetLog(index, entry)
	if errors.Is(err, raft.ErrLogNotFound) && d.lost(index) {
		err = damaged("entry %d is missing", index)
	}
	return d.whole(err)
}

// lost reports whether an entry that is not in the log should be there.
func (d *diskWrites) lost(index uint64) bool {
	first, err1 := d.FirstIndex()
	last, err2 := d.LastIndex()
	return err1 == nil && err2 == nil && first < index && index < last && index > d.covered()
}

// FirstIndex returns the index of the first entry of the log, zero if there is none.
func (d *diskWrites) FirstIndex() (uint64, error) {
	first, err := d.checkedLog.FirstIndex()
	return first, d.whole(err)
}

// LastIndex returns the index of the last entry of the log, zero if there is none.
func (d *diskWrites) LastIndex() (uint64, error) {
	last, err := d.checkedLog.LastIndex()
	return last, d.whole(err)
}

// Get returns the server for which this one voted.
func (d *diskWrites) Get(key []byte) ([]byte, error) {
	value, err := d.checkedLog.Get(key)
	return value, d.whole(err)
}

// GetUint64 returns the current term, or the term of the last vote.
func (d *diskWrites) GetUint64(key []byte) (uint64, error) {
	value, err := d.checkedLog.GetUint64(key)
	return value, d.whole(err)
}

// whole returns err, unless it is damage, which ends the server.
func (d *diskWrites) whole(err error) error {
	if found := (*damageError)(nil); errors.As(err, &found) {
		return d.done(err)
	}
	return err
}

// Open returns a snapshot, for the state of this server or another one.
func (d *diskSnapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	meta, content, err := d.SnapshotStore.Open(id)
	return meta, content, d.writes.whole(err)
}
