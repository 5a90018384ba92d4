package logs

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"syscall"
)

// files reads the output of one container from the engine's files, in order. The engine renames the
// newest file to NAME.1 when it is full, NAME.1 to NAME.2 and so on, and removes the oldest. Files
// that are open are read to their end even so.
type files struct {
	path  string
	count int // how many the engine keeps
	id    string

	mu    sync.Mutex    // renew may be called while records are kept, which may take long
	queue []*engineFile // the oldest first; the last one may grow
	at    int64         // what was read of the first one
}

// sink takes what is read.
type sink interface {
	// put keeps whole records, which come from a place. If it fails, they are passed on again.
	put(records []byte, from origin) error
	// miss records that lines before a place were dropped or, with a negative number, that an
	// unknown number may be missing.
	miss(lines int64, before origin) error
}

const (
	// copySize is how much is read at a time, and longestRecord is the most that a record may have.
	// Docker's has 16 KiB of text, each byte of which may be six in JSON.
	copySize      = 256 << 10
	longestRecord = 16 << 20
	// heldBytes is how much of files that the engine has removed is kept until it is read.
	heldBytes = 64 << 20
)

var copyBuffers = sync.Pool{New: func() any { return new(make([]byte, copySize)) }}

// resume opens the files from a place on.
func (f *files) resume(from origin) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open(from)
}

func (f *files) open(from origin) error {
	fresh := from.Container != f.id || from.Inode == 0
	list, found, err := f.list(func(file *engineFile) bool {
		return !fresh && file.inode == from.Inode && (from.Head == 0 || from.Head == file.firstRecord())
	})
	if err != nil || len(list) == 0 {
		return err
	}
	f.enqueue(list, !found && (!fresh || len(list) > 1 && len(list) >= f.count))
	if found {
		f.at = from.Offset
	}
	return nil
}

// enqueue puts files into the queue, of which the newest comes first. gap means that records may be
// missing before them.
func (f *files) enqueue(list []*engineFile, gap bool) {
	slices.Reverse(list)
	if len(list) > 0 {
		list[0].gap = gap
	}
	f.queue = append(f.queue, list...)
}

// renew looks for files that are newer than the newest in the queue. It reports whether there are.
func (f *files) renew() (more bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		err := f.open(origin{Container: f.id})
		return len(f.queue) > 0, err
	}
	newest := f.queue[len(f.queue)-1]
	info, err := os.Stat(f.path)
	if err == nil && info.Sys().(*syscall.Stat_t).Ino == newest.inode {
		return false, nil
	}
	list, found, err := f.list(func(file *engineFile) bool { return file.inode == newest.inode })
	if err != nil {
		return false, err
	}
	if found {
		list[len(list)-1].Close()
		list = list[:len(list)-1]
	}
	f.enqueue(list, !found)
	return len(list) > 0, nil
}

// emptied reports whether somebody emptied the newest file, which is then read from its beginning.
func (f *files) emptied() bool {
	file, complete := f.first()
	if file == nil || complete {
		return false
	}
	info, err := file.Stat()
	if err != nil || info.Size() >= f.at {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, file.head, file.gap = 0, 0, true
	return true
}

// read passes on records that were not read yet, whole lines. It returns false at the end of what
// there is.
func (f *files) read(to sink) (more bool, err error) {
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	buf := *buffer
	for {
		file, complete := f.first()
		if file == nil {
			return false, nil
		}
		n, err := file.ReadAt(buf, f.at)
		if err != nil && err != io.EOF {
			return false, fmt.Errorf("read %s: %w", f.path, err)
		}
		end := bytes.LastIndexByte(buf[:n], '\n') + 1
		switch {
		case end > 0:
			return true, f.pass(to, buf[:end])
		case n == len(buf) && n < longestRecord:
			buf = make([]byte, 4*len(buf))
		case n == len(buf): // no record of Docker's
			f.at += int64(n)
		case complete: // what is left is a part of a line, which a crash of the engine left
			f.drop()
		default:
			return false, nil
		}
	}
}

// first returns the oldest file, or nil, and whether it does not grow any more. Only who reads may
// call it, and use the file without the lock.
func (f *files) first() (file *engineFile, complete bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return nil, false
	}
	return f.queue[0], len(f.queue) > 1
}

// pass passes on records of the oldest file.
func (f *files) pass(to sink, records []byte) error {
	place := f.place()
	f.mu.Lock()
	gap := f.queue[0].gap
	f.queue[0].gap = false
	f.mu.Unlock()
	if gap {
		if err := to.miss(-1, place); err != nil {
			return err
		}
	}
	if err := to.put(records, place); err != nil {
		return err
	}
	f.at += int64(len(records))
	return nil
}

// drop closes the oldest file.
func (f *files) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue[0].Close()
	f.queue, f.at = f.queue[1:], 0
}

// shed drops the oldest files that the engine has removed, if they have more bytes than keep, and
// tells how many lines they had.
func (f *files) shed(to sink, keep int64) error {
	for f.held() > keep {
		lines := f.rest()
		f.drop()
		if err := to.miss(lines, f.place()); err != nil {
			return err
		}
	}
	return nil
}

// held returns the bytes of files in the queue that the engine has removed.
func (f *files) held() (sum int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := range len(f.queue) - max(f.count, 1) {
		if info, err := f.queue[n].Stat(); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// rest counts the lines of the oldest file that were not read.
func (f *files) rest() (lines int64) {
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	for at := f.at; ; {
		n, err := f.queue[0].ReadAt(*buffer, at)
		lines += int64(bytes.Count((*buffer)[:n], []byte{'\n'}))
		at += int64(n)
		if n == 0 || err != nil {
			return lines
		}
	}
}

// place returns where the next record comes from.
func (f *files) place() origin {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := origin{Container: f.id, Offset: f.at}
	if len(f.queue) > 0 {
		o.Inode, o.Head = f.queue[0].inode, f.queue[0].firstRecord()
	}
	return o
}

func (f *files) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	closeAll(f.queue)
	f.queue = nil
}
