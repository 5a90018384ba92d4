package logs

import (
	"bytes"
	"fmt"
	"os"
)

// begin opens the newest segment to write more bytes, and makes one if there is none.
func (s *stream) begin(more int) error {
	if err := s.settle(); err != nil {
		return err
	}
	if len(s.segments) == 0 || s.segments[len(s.segments)-1].size+int64(more) > forcedSize {
		return s.roll()
	}
	if s.file != nil {
		return nil
	}
	f, err := os.OpenFile(s.path(s.segments[len(s.segments)-1].number), os.O_WRONLY, 0)
	s.file = f
	if err != nil {
		s.file = nil
	}
	return err
}

// roll begins a new segment.
func (s *stream) roll() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	number := uint32(1)
	if len(s.segments) > 0 {
		number = s.segments[len(s.segments)-1].number + 1
	}
	f, err := os.OpenFile(s.path(number), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	m := s.total
	m.At, m.From, m.Stream = s.logs.now(), s.at, &s.about
	header := appendMark(nil, m)
	if _, err := f.WriteAt(header, 0); err != nil {
		f.Close()
		os.Remove(s.path(number))
		return err
	}
	s.close()
	s.file, s.total.At = f, m.At
	s.segments = append(s.segments, segment{number: number, size: int64(len(header)), written: m.At, before: s.total.Lines})
	s.logs.sizes.grow(s, int64(len(header))+fileCost)
	return nil
}

func (s *stream) close() {
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
}

// append appends records to the newest segment, or begins another between two events.
func (s *stream) append(records []byte, from origin) error {
	if err := s.begin(len(records)); err != nil {
		return err
	}
	newest := &s.segments[len(s.segments)-1]
	if newest.size+int64(len(records)) > segmentSize && newest.size > segmentSize/2 {
		if at := cut(records, s.begins); at > 0 {
			if err := s.write(records[:at], from); err != nil {
				return err
			}
			if err := s.roll(); err != nil || at == len(records) {
				return err
			}
			from.Offset += int64(at)
			records = records[at:]
		}
	}
	return s.write(records, from)
}

// write appends records to the newest segment, with a mark before them if one is due. If it fails,
// the segment is as it was, or has whole records more.
func (s *stream) write(records []byte, from origin) error {
	newest := &s.segments[len(s.segments)-1]
	now := s.logs.now()
	var head []byte
	if from != s.at || now-s.total.At >= markInterval || now < s.total.At {
		m := s.total
		m.At, m.From = now, from
		head = appendMark(nil, m)
	}
	written := append(head, records...)
	if len(head) == 0 {
		written = records // not copied
	}
	if _, err := s.file.WriteAt(written, newest.size); err != nil {
		return fmt.Errorf("%w%s", err, s.undo(newest.size))
	}
	if len(head) > 0 {
		s.total.At = now
	}
	newest.size += int64(len(written))
	newest.written = now
	s.logs.sizes.grow(s, int64(len(written)))
	s.total.Lines += int64(bytes.Count(records, []byte{'\n'}))
	s.at = from
	s.at.Offset += int64(len(records))
	return nil
}

// undo removes what a failed write left. It returns what to add to the error's text.
func (s *stream) undo(size int64) string {
	if err := s.file.Truncate(size); err != nil {
		return fmt.Sprintf(" (and what was written cannot be undone: %v)", err)
	}
	return ""
}
