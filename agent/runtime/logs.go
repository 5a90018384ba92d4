package runtime

import (
	"context"
	"time"
)

// Logs are what the containers of an instance write to stdout and stderr.
type Logs interface {
	// InspectLogs returns where the engine keeps the output of a container; ok is false if there is
	// no such container.
	InspectLogs(ctx context.Context, id string) (files LogFiles, ok bool, err error)
	// FollowLogs calls put with each record that the engine has of a container, from a time on
	// (inclusive), and with new ones, until the container ends or ctx does. It fails with an *Error
	// if the engine cannot read the output.
	FollowLogs(ctx context.Context, id string, since time.Time, put func(LogRecord) error) error
}

// LogFiles is where an engine keeps the output of a container.
type LogFiles struct {
	Driver string // of the engine
	// Path is the newest of the files, on the engine's machine; empty if the driver has no files
	// that others can read. Older ones have .1, .2 and so on at the end, the newest first, up to
	// Files-1. Each line of a file is a record, as the driver json-file writes it.
	Path  string
	Files int
	Tty   bool // what it writes comes as one source
}

// LogRecord is a line that a container wrote, or a part of a long one.
type LogRecord struct {
	Source string // stdout or stderr
	Time   time.Time
	// Line has a line break at its end, unless the line goes on in the next record of its source.
	Line []byte
}
