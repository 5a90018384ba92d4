package docker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
)

// InspectLogs returns where the engine keeps the output of a container.
func (e *Engine) InspectLogs(ctx context.Context, id string) (files runtime.LogFiles, ok bool, err error) {
	c, err := e.api.ContainerInspect(ctx, id)
	if errdefs.IsNotFound(err) || err == nil && !e.owns(c.Config.Labels) {
		return files, false, nil
	}
	if err != nil {
		return files, false, fmt.Errorf("inspect container %s: %w", id, err)
	}
	files = runtime.LogFiles{Driver: c.HostConfig.LogConfig.Type, Files: 1, Tty: c.Config.Tty}
	if files.Driver == driverJSONFile {
		files.Path = c.LogPath
	}
	// The engine says where the files are once the container has started, but it may write much at
	// once.
	if known := e.known.Load(); files.Driver == driverJSONFile && files.Path == "" && known != nil {
		files.Path = filepath.Join(known.root, "containers", c.ID, c.ID+"-json.log")
	}
	if n, err := strconv.Atoi(c.HostConfig.LogConfig.Config[optionFiles]); err == nil {
		files.Files = n
	}
	return files, true, nil
}

// FollowLogs calls put with each record of a container from a time on. Engines up to 25 send some
// twice, or out of order, while they rotate their files. The driver local of 20.10 loses the line
// break of a line of more than 16 KiB.
func (e *Engine) FollowLogs(ctx context.Context, id string, since time.Time, put func(runtime.LogRecord) error) error {
	c, err := e.api.ContainerInspect(ctx, id)
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("inspect container %s: %w", id, err)
	}
	options := container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: true, Timestamps: true}
	if !since.IsZero() {
		options.Since = fmt.Sprintf("%d.%09d", since.Unix(), since.Nanosecond())
	}
	body, err := e.api.ContainerLogs(ctx, id, options)
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil && (errdefs.IsNotImplemented(err) || strings.Contains(err.Error(), "does not support reading")) {
		return &runtime.Error{Name: cannotRead, Reason: fmt.Sprintf(
			"the log driver %s sends the output elsewhere, and the engine cannot read it: %v", c.HostConfig.LogConfig.Type, err)}
	}
	if err != nil {
		return fmt.Errorf("read the output of container %s: %w", id, err)
	}
	defer body.Close()
	if c.Config.Tty {
		err = readTerminal(body, put)
	} else {
		err = readFrames(body, put)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// cannotRead is the name of the refusal to read a container's output. ECS has none.
const cannotRead = "CannotReadLogsError"

// readFrames reads a stream of frames, each with a header of 8 bytes: the source, three zeros, and
// the length. Each is a record.
func readFrames(body io.Reader, put func(runtime.LogRecord) error) error {
	in := bufio.NewReaderSize(body, readAhead)
	var frame []byte
	for {
		var header [8]byte
		if _, err := io.ReadFull(in, header[:]); err != nil {
			return err
		}
		size := int(binary.BigEndian.Uint32(header[4:]))
		if size > maxFrame {
			return fmt.Errorf("the engine sent a frame of %d bytes", size)
		}
		if cap(frame) < size {
			frame = make([]byte, size)
		}
		frame = frame[:size]
		if _, err := io.ReadFull(in, frame); err != nil {
			return err
		}
		source := "stdout"
		switch header[0] {
		case 2:
			source = "stderr"
		case 3: // the engine's own, about the stream
			return errors.New("the engine ends its answer: " + strings.TrimSpace(string(frame)))
		}
		if err := putRecord(source, frame, put); err != nil {
			return err
		}
	}
}

const (
	// readAhead is how much of an answer is read at a time.
	readAhead = 64 << 10
	// maxFrame is more than any record of the engine has: 16 KiB and a time.
	maxFrame = 1 << 20
)

// readTerminal reads the output of a container with a terminal, which comes as it is. The times
// within a line of more than 16 KiB stay in it.
func readTerminal(body io.Reader, put func(runtime.LogRecord) error) error {
	in := bufio.NewReaderSize(body, readAhead)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			if err := putRecord("stdout", line, put); err != nil {
				return err
			}
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// putRecord passes on a record, which begins with its time and a space.
func putRecord(source string, text []byte, put func(runtime.LogRecord) error) error {
	stamp, line, _ := bytes.Cut(text, []byte{' '})
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		at, line = time.Now(), text
	}
	return put(runtime.LogRecord{Source: source, Time: at, Line: line})
}
