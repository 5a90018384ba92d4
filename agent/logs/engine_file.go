package logs

import (
	"bytes"
	"errors"
	"hash/fnv"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// engineFile is an open file of the engine.
type engineFile struct {
	*os.File
	inode uint64
	head  uint64 // hash of its first record; 0: not known
	gap   bool   // records may be missing before its first one that is not read
}

// firstRecord returns a hash of the file's first record, or 0 if that is not whole yet.
func (e *engineFile) firstRecord() uint64 {
	if e.head != 0 {
		return e.head
	}
	for size := 4 << 10; size <= longestRecord; size *= 8 {
		raw := make([]byte, size)
		n, _ := e.ReadAt(raw, 0)
		if end := bytes.IndexByte(raw[:n], '\n'); end >= 0 {
			h := fnv.New64a()
			h.Write(raw[:end])
			e.head = h.Sum64()
			break
		}
		if n < size {
			break
		}
	}
	return e.head
}

// name returns the path of a file by its age; 0 is the newest.
func (f *files) name(age int) string {
	if age == 0 {
		return f.path
	}
	return f.path + "." + strconv.Itoa(age)
}

func openFile(path string) (*engineFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &engineFile{File: file, inode: info.Sys().(*syscall.Stat_t).Ino}, nil
}

// list opens the files that are newer than the one that is wanted, the newest first, and that one
// too. found is false if it is not there; the list then has all files. When files are renamed
// meanwhile, it begins again.
func (f *files) list(wanted func(*engineFile) bool) (list []*engineFile, found bool, err error) {
	for {
		list, found, err = f.listOnce(wanted)
		if err != nil || len(list) == 0 || list[0].isAt(f.path) {
			return list, found, err
		}
		closeAll(list)
	}
}

func (f *files) listOnce(wanted func(*engineFile) bool) (list []*engineFile, found bool, err error) {
	missing := 0
	for age := 0; age < f.count || missing < 2; age++ { // some are missing for a moment
		file, err := openFile(f.name(age))
		if errors.Is(err, fs.ErrNotExist) {
			missing++
			continue
		}
		if err != nil {
			closeAll(list)
			return nil, false, err
		}
		if n := len(list); n > 0 && list[n-1].inode == file.inode { // it was renamed just now
			file.Close()
			continue
		}
		list = append(list, file)
		if wanted(file) {
			return list, true, nil
		}
	}
	return list, false, nil
}

// isAt reports whether the file has a path, or nothing does.
func (e *engineFile) isAt(path string) bool {
	info, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Sys().(*syscall.Stat_t).Ino == e.inode
}

func closeAll(list []*engineFile) {
	for _, file := range list {
		file.Close()
	}
}
