package logs

import (
	"encoding/json"

	"github.com/gantry-project/gantry/structs"
)

// Streams returns all streams, with their Lines and without the times of their events. It is for
// what ships them.
func (l *Logs) Streams() []structs.LogStream {
	all := l.all()
	list := make([]structs.LogStream, len(all))
	for i, s := range all {
		lines := s.count()
		list[i] = *s.info()
		list[i].Lines = lines
	}
	return list
}

// count returns how many lines were kept since the beginning, and makes info know how many of them
// were removed.
func (s *stream) count() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) > 0 && s.segments[0].before < 0 {
		if m, ok := s.header(s.segments[0].number); ok {
			s.segments[0].before = m.Lines
		}
	}
	if err := s.settle(); err != nil {
		return 0 // it is read again later
	}
	return s.total.Lines
}

// Read returns events of a stream after a position, in order: at most so many, and no more once
// their messages have so many bytes. A stream that does not exist has none.
func (l *Logs) Read(task, container, after string, most, bytes int) ([]structs.LogEvent, error) {
	key := task + "/" + container
	l.mu.Lock()
	s := l.streams[key]
	l.mu.Unlock()
	if s == nil {
		return nil, nil
	}
	c := newCursor(s, &structs.LogQuery{After: map[string]string{key: after}, Limit: most})
	defer c.close()
	var list []structs.LogEvent
	for bytes > 0 {
		e, err := c.peek()
		if err != nil || e == nil {
			return list, err
		}
		var event structs.LogEvent
		if err := json.Unmarshal(e.appendJSON(nil, s), &event); err != nil {
			return list, err
		}
		bytes -= len(event.Message)
		list = append(list, event)
		c.pop()
	}
	return list, nil
}
