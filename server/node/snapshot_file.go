package node

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// A saved snapshot is a file of:
//
//	a line       snapshotMagic
//	a line       snapshotHead in JSON
//	the state    as raft's snapshots have it (package fsm)
//	32 bytes     SHA-256 of everything before them
const (
	snapshotMagic = snapshotKind + "1\n"
	snapshotKind  = "GANTRY SNAPSHOT " // a version follows
)

// snapshotHead holds what the state itself does not contain. Fields are only ever added.
type snapshotHead struct {
	Term    uint64       `json:"term"`
	SavedAt structs.Time `json:"savedAt"`
	Version string       `json:"version,omitzero"`
}

func writeSnapshotFile(to io.Writer, head snapshotHead, s *state.Snapshot) error {
	line, err := json.Marshal(head)
	if err != nil {
		return err
	}
	sum := sha256.New()
	w := io.MultiWriter(to, sum)
	if _, err := fmt.Fprintf(w, "%s%s\n", snapshotMagic, line); err != nil {
		return err
	}
	if err := fsm.WriteState(w, s); err != nil {
		return err
	}
	_, err = to.Write(sum.Sum(nil))
	return err
}

// SnapshotFile is a saved snapshot that has been read completely and is intact.
type SnapshotFile struct {
	// Info describes its content.
	Info structs.SnapshotInfo

	file  *os.File
	state *io.SectionReader
}

// InspectSnapshot reads a whole saved snapshot and returns what is in it, or an error about what is
// wrong with it.
func InspectSnapshot(path string) (structs.SnapshotInfo, error) {
	s, err := openSnapshotFile(path)
	if err != nil {
		return structs.SnapshotInfo{}, err
	}
	return s.Info, s.file.Close()
}

// openSnapshotFile reads all of a saved snapshot once. The caller closes file.
func openSnapshotFile(path string) (*SnapshotFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the snapshot: %w", err)
	}
	s := &SnapshotFile{file: f}
	if err := s.read(); err != nil {
		f.Close()
		return nil, structs.Errorf(structs.KindInvalidParameter, "the snapshot cannot be used: %v", err)
	}
	return s, nil
}

func (s *SnapshotFile) read() error {
	stat, err := s.file.Stat()
	if err != nil {
		return err
	}
	size := stat.Size()
	in := bufio.NewReader(io.NewSectionReader(s.file, 0, size))
	magic, err1 := in.ReadString('\n')
	line, err2 := in.ReadBytes('\n')
	switch {
	case magic != snapshotMagic && len(magic) == len(snapshotMagic) && strings.HasPrefix(magic, snapshotKind):
		return errors.New("a newer version of Gantry wrote it")
	case magic != snapshotMagic:
		return errors.New("this is not a file that `gantry snapshot save` wrote, or its beginning is damaged")
	case errors.Join(err1, err2) != nil || size < int64(len(magic)+len(line)+sha256.Size):
		return errors.New("it is cut off at its beginning")
	}
	begin, end := int64(len(magic)+len(line)), size-sha256.Size
	s.state = io.NewSectionReader(s.file, begin, end-begin)
	intact, err := s.intact(end)
	if err != nil {
		return err
	}
	index, rows, err := fsm.ReadContent(s.state)
	switch {
	case !intact && err != nil:
		return fmt.Errorf("its checksum is wrong: %w", err)
	case !intact:
		return errors.New("it is damaged: its checksum is wrong")
	case err != nil:
		return err
	}
	var head snapshotHead
	if err := json.Unmarshal(line, &head); err != nil {
		return fmt.Errorf("read its head: %w", err)
	}
	if _, err := s.state.Seek(0, io.SeekStart); err != nil {
		return err
	}
	s.Info = structs.SnapshotInfo{
		Index: index, Term: head.Term, SavedAt: head.SavedAt, Version: head.Version, Size: size, Rows: rows,
	}
	return nil
}

// intact reports whether the checksum at the end is the checksum of everything before it.
func (s *SnapshotFile) intact(end int64) (bool, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(s.file, 0, end)); err != nil {
		return false, err
	}
	want := make([]byte, sha256.Size)
	if _, err := s.file.ReadAt(want, end); err != nil {
		return false, err
	}
	return bytes.Equal(want, sum.Sum(nil)), nil
}
