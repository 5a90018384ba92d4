package structs

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Millions of lines go from agents through servers to people. These two functions do what
// encoding/json does, without reflection, for the form in which nearly all of them are.

// AppendJSON appends an event as JSON.
func (e *LogEvent) AppendJSON(to []byte) []byte {
	if e.Continues || e.Dropped != 0 || e.Gap || e.Source == "" || e.Ingested == 0 || !sameInJSON(e.Task) || !sameInJSON(e.Container) || !sameInJSON(e.Position) {
		raw, _ := json.Marshal(e) // an event has no part that cannot be written
		return append(to, raw...)
	}
	to = append(append(append(to, `{"task":"`...), e.Task...), `","container":"`...)
	to = append(append(append(to, e.Container...), `","source":"`...), e.Source...)
	to = appendSeconds(append(to, `","time":`...), e.Time)
	to = appendSeconds(append(to, `,"ingested":`...), e.Ingested)
	to = append(to, `,"message":`...)
	if sameInJSON(e.Message) {
		to = append(append(append(to, '"'), e.Message...), '"')
	} else {
		raw, _ := json.Marshal(e.Message)
		to = append(to, raw...)
	}
	return append(append(append(to, `,"position":"`...), e.Position...), `"}`...)
}

// sameInJSON reports whether a text is the same in JSON.
func sameInJSON(text string) bool {
	ascii := true
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.ValidString(text)
}

func appendSeconds(to []byte, t Time) []byte {
	ms := int64(t) % 1000
	return append(strconv.AppendInt(to, int64(t)/1000, 10), '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}

// QuickLogEvent reads an event in the form of AppendJSON. ok is false if the line has another form:
// encoding/json reads that.
func QuickLogEvent(line []byte) (e LogEvent, ok bool) {
	s := eventScanner{line, true}
	e.Task = s.text(`{"task":"`)
	e.Container = s.text(`,"container":"`)
	e.Source = s.text(`,"source":"`)
	e.Time = s.seconds(`,"time":`)
	e.Ingested = s.seconds(`,"ingested":`)
	e.Message = s.message(`,"message":`)
	e.Position = s.text(`,"position":"`)
	return e, s.ok && string(s.rest) == "}"
}

// eventScanner reads the members of an event one after the other.
type eventScanner struct {
	rest []byte
	ok   bool // so far all was as expected
}

// after skips what comes next.
func (s *eventScanner) after(expected string) bool {
	s.ok = s.ok && len(s.rest) >= len(expected) && string(s.rest[:len(expected)]) == expected
	if s.ok {
		s.rest = s.rest[len(expected):]
	}
	return s.ok
}

// text reads a string without escapes after its opening quote.
func (s *eventScanner) text(before string) string {
	if !s.after(before) {
		return ""
	}
	end := bytes.IndexByte(s.rest, '"')
	if end < 0 || bytes.IndexByte(s.rest[:end], '\\') >= 0 {
		s.ok = false
		return ""
	}
	text := string(s.rest[:end])
	s.rest = s.rest[end+1:]
	return text
}

// message reads a string.
func (s *eventScanner) message(before string) (text string) {
	if !s.after(before) || len(s.rest) == 0 || s.rest[0] != '"' {
		s.ok = false
		return ""
	}
	end, escaped := 1, false
	for ; end < len(s.rest) && s.rest[end] != '"'; end++ {
		if s.rest[end] == '\\' {
			escaped = true
			end++
		}
	}
	if end >= len(s.rest) {
		s.ok = false
		return ""
	}
	if escaped || !utf8.Valid(s.rest[1:end]) {
		s.ok = json.Unmarshal(s.rest[:end+1], &text) == nil
	} else {
		text = string(s.rest[1:end])
	}
	s.rest = s.rest[end+1:]
	return text
}

// seconds reads a time with three digits after the point.
func (s *eventScanner) seconds(before string) (t Time) {
	if !s.after(before) {
		return 0
	}
	point := -1
	for i, c := range s.rest {
		switch {
		case c >= '0' && c <= '9' && i < 17:
			t = t*10 + Time(c-'0')
		case c == '.' && point < 0:
			point = i
		case point > 0 && i == point+4:
			s.rest = s.rest[i:]
			return t
		default:
			s.ok = false
			return 0
		}
	}
	s.ok = false
	return 0
}
