package accesslog

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// The formats of access logs.
const (
	FormatALB  = "alb"
	FormatJSON = "json"
)

// CheckFormat refuses a format that there is not.
func CheckFormat(format string) error {
	if format != FormatALB && format != FormatJSON {
		return fmt.Errorf("%q is not a format: use %s or %s", format, FormatALB, FormatJSON)
	}
	return nil
}

// flushAfter is how long lines may wait in memory.
const flushAfter = time.Second

// Log is a file of lines. Requests do not wait for the disk as long as a buffer has room. A disk
// that fails costs lines, not requests.
type Log struct {
	path   string
	format string
	log    *slog.Logger

	mu     sync.Mutex
	file   *os.File
	to     *bufio.Writer
	line   []byte
	failed bool // the last write failed, and that was logged
	timer  *time.Timer
}

// Open opens a file to add lines to.
func Open(path, format string, log *slog.Logger) (*Log, error) {
	if err := CheckFormat(format); err != nil {
		return nil, err
	}
	l := &Log{path: path, format: format, log: log}
	if err := l.Reopen(); err != nil {
		return nil, err
	}
	return l, nil
}

// Reopen writes what it has, and goes on with a file of the same name: after logrotate moved the
// old one away.
func (l *Log) Reopen() error {
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("open the access log: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.end()
	l.file, l.to = file, bufio.NewWriterSize(file, 64<<10)
	return err
}

// end writes and closes the file. l.mu is held.
func (l *Log) end() error {
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.to.Flush(), l.file.Close())
	l.file = nil
	return err
}

// Write adds a line.
func (l *Log) Write(e *Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return
	}
	l.line = l.line[:0]
	if l.format == FormatJSON {
		l.line = e.appendJSON(l.line)
	} else {
		l.line = e.appendALB(l.line)
	}
	_, err := l.to.Write(l.line)
	l.note(err)
	if l.timer == nil {
		l.timer = time.AfterFunc(flushAfter, l.flush)
	}
}

func (l *Log) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = nil
	if l.file != nil {
		l.note(l.to.Flush())
	}
}

// note logs the first of several failures, and begins anew after one: a bufio.Writer keeps its
// error. l.mu is held.
func (l *Log) note(err error) {
	if err != nil {
		if !l.failed {
			l.log.Error("cannot write the access log; lines are lost until it works again", "file", l.path, "error", err)
		}
		l.to.Reset(l.file)
	}
	l.failed = err != nil
}

// Close writes what it has, and closes the file. Lines that come later are dropped.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end()
}
