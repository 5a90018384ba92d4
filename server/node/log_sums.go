package node

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	bolt "go.etcd.io/bbolt/errors"
)

// The keys of raft in the stable store.
var (
	termKey     = []byte("CurrentTerm")
	votedInKey  = []byte("LastVoteTerm")
	votedForKey = []byte("LastVoteCand")
)

// sumSize is the size of a checksum in bytes.
const sumSize = crc32.Size

// checkedLog is raft's log, term and vote in bolt. Bolt has no checksums, so each entry and each
// value has one here, which every read checks. A read that finds something other than what was
// written returns a damageError.
//
// The checksum of an entry is its Extensions, on disk only. Raft and other servers see entries
// without it.
type checkedLog struct{ file *raftboltdb.BoltStore }

// Close closes the file.
func (c *checkedLog) Close() error { return careful(c.file.Close) }

// FirstIndex, like the methods below, implements raft.LogStore and raft.StableStore.
func (c *checkedLog) FirstIndex() (first uint64, err error) {
	err = careful(func() error { first, err = c.file.FirstIndex(); return err })
	return first, err
}

// LastIndex returns the index of the last entry, zero if there is none.
func (c *checkedLog) LastIndex() (last uint64, err error) {
	err = careful(func() error { last, err = c.file.LastIndex(); return err })
	return last, err
}

// GetLog returns an entry, or raft.ErrLogNotFound.
func (c *checkedLog) GetLog(index uint64, entry *raft.Log) error {
	var read raft.Log
	err := careful(func() error { return c.file.GetLog(index, &read) })
	switch {
	case errors.Is(err, raft.ErrLogNotFound), errors.Is(err, bolt.ErrDatabaseNotOpen):
		return err
	case err != nil:
		return damaged("entry %d: %w", index, err)
	case read.Index != index:
		return damaged("entry %d says it is %d", index, read.Index)
	case !bytes.Equal(read.Extensions, sumOf(&read)):
		return damaged("entry %d: its checksum is wrong", index)
	}
	read.Extensions = nil
	*entry = read
	return nil
}

// StoreLog adds an entry.
func (c *checkedLog) StoreLog(entry *raft.Log) error { return c.StoreLogs([]*raft.Log{entry}) }

// StoreLogs adds entries.
func (c *checkedLog) StoreLogs(entries []*raft.Log) error {
	copies, summed := make([]raft.Log, len(entries)), make([]*raft.Log, len(entries))
	for i, entry := range entries {
		copies[i] = *entry // raft sends the original to other servers
		copies[i].Extensions = sumOf(entry)
		summed[i] = &copies[i]
	}
	return careful(func() error { return c.file.StoreLogs(summed) })
}

// DeleteRange removes entries from either end of the log.
func (c *checkedLog) DeleteRange(first, last uint64) error {
	return careful(func() error { return c.file.DeleteRange(first, last) })
}

// sumOf returns the checksum of an entry.
func sumOf(entry *raft.Log) []byte {
	at := entry.AppendedAt
	_, zone := at.Zone()
	head := make([]byte, 0, 48)
	for _, n := range []uint64{
		entry.Index, entry.Term, uint64(entry.Type), uint64(at.Unix()), uint64(at.Nanosecond()), uint64(zone),
	} {
		head = binary.BigEndian.AppendUint64(head, n)
	}
	sum := crc32.Update(crc32.Checksum(head, checksums), checksums, entry.Data)
	return binary.BigEndian.AppendUint32(nil, sum)
}

// Set stores a value.
func (c *checkedLog) Set(key, value []byte) error {
	return careful(func() error { return c.file.Set(key, withSum(key, value)) })
}

// Get returns a value, or raftboltdb.ErrKeyNotFound.
func (c *checkedLog) Get(key []byte) (value []byte, err error) {
	err = careful(func() error { value, err = c.file.Get(key); return err })
	if err != nil {
		return nil, err
	}
	end := len(value) - sumSize
	if end < 0 || !bytes.Equal(value, withSum(key, value[:end])) {
		return nil, damaged("%s: its checksum is wrong", key)
	}
	return value[:end], nil
}

// SetUint64 stores a number.
func (c *checkedLog) SetUint64(key []byte, value uint64) error {
	return c.Set(key, binary.BigEndian.AppendUint64(nil, value))
}

// GetUint64 returns a number, or raftboltdb.ErrKeyNotFound.
func (c *checkedLog) GetUint64(key []byte) (uint64, error) {
	value, err := c.Get(key)
	if err != nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, damaged("%s is not a number", key)
	}
	return binary.BigEndian.Uint64(value), nil
}

// withSum returns a value followed by its checksum.
func withSum(key, value []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, checksums), checksums, value)
	return binary.BigEndian.AppendUint32(slices.Clip(value), sum)
}

// each calls visit with every entry. A restored snapshot leaves a gap in the log, which raft's
// newest snapshot covers; covered is that snapshot's index.
func (c *checkedLog) each(covered uint64, visit func(*raft.Log) error) error {
	first, err1 := c.FirstIndex()
	last, err2 := c.LastIndex()
	if err := cmp.Or(err1, err2); err != nil || first == 0 {
		return err
	}
	if first > covered+1 {
		return damaged("it begins with entry %d, and no snapshot has the earlier ones", first)
	}
	for i := first; i <= last; i++ {
		var entry raft.Log
		err := c.GetLog(i, &entry)
		switch {
		case errors.Is(err, raft.ErrLogNotFound) && i <= covered:
			i = covered
			continue
		case errors.Is(err, raft.ErrLogNotFound):
			err = damaged("entry %d is missing", i)
		case err == nil:
			err = visit(&entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
