package logs

import (
	"bytes"
	"os"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// info describes the stream, but for the times of its events.
func (s *stream) info() *structs.LogStream {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &s.about
	info := &structs.LogStream{
		Instance: s.logs.instance, Cluster: d.Cluster, Group: d.Group, Name: d.Name, Region: d.Region, Task: d.Task, Service: d.Service,
		Container: d.Container, CreatedAt: d.CreatedAt, Unreadable: d.Unreadable, Live: s.live > 0,
	}
	for i, seg := range s.segments {
		info.Bytes += seg.size
		info.LastIngest = max(info.LastIngest, seg.written)
		if i == 0 {
			info.Removed = max(0, seg.before)
		}
	}
	return info
}

// times fills in what takes a look at the disk: the times of the oldest and the newest event, and
// how much was removed or dropped.
func (s *stream) times(info *structs.LogStream) {
	s.mu.Lock()
	if len(s.segments) > 0 && s.segments[0].before < 0 {
		if m, ok := s.header(s.segments[0].number); ok {
			s.segments[0].before = m.Lines
		}
	}
	if len(s.segments) > 0 {
		info.Removed = max(0, s.segments[0].before)
	}
	if err := s.settle(); err == nil {
		info.Dropped, info.Gaps = s.total.Dropped, s.total.Gaps
	}
	segments := slices.Clone(s.segments)
	s.mu.Unlock()
	for _, seg := range segments {
		if info.FirstEvent = s.edge(seg, true); info.FirstEvent != 0 {
			break
		}
	}
	for _, seg := range slices.Backward(segments) {
		if info.LastEvent = s.edge(seg, false); info.LastEvent != 0 {
			break
		}
	}
}

// edgeSize is enough for a mark and a record, unless that has much that JSON escapes.
const edgeSize = 64 << 10

// edge returns the time of the first or the last record of a segment, or 0 if it has none.
func (s *stream) edge(seg segment, first bool) structs.Time {
	at := int64(0)
	if !first {
		at = max(0, seg.size-edgeSize)
	}
	f, err := os.Open(s.path(seg.number))
	if err != nil {
		return 0
	}
	defer f.Close()
	raw := make([]byte, min(edgeSize, seg.size))
	n, _ := f.ReadAt(raw, at)
	lines := bytes.Split(raw[:n], []byte{'\n'})
	if !first {
		slices.Reverse(lines)
	}
	for _, line := range lines {
		if r, ok := parseRecord(line); ok {
			return structs.TimeOf(r.time)
		}
	}
	return 0
}
