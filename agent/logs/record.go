package logs

import (
	"bytes"
	"encoding/json"
	"time"
)

// A record is one line of a file of Docker's driver json-file:
//
//	{"log":"what was written\n","stream":"stdout","time":"2026-11-30T08:10:49.123456789Z"}
//
// A line that a container wrote is one record, or several if it has more than 16 KiB: all but the
// last are partBytes long and have no line break.
type record struct {
	text   []byte // JSON's form of what was written, without the quotes and the line break
	broken bool   // there was a line break
	source string // stdout or stderr
	time   time.Time
}

// partBytes is how much of a line Docker puts into one record.
const partBytes = 16 << 10

const (
	logKey    = `{"log":"`
	timeKey   = `"time":"`
	toStdout  = `","stream":"stdout",`
	toStderr  = `","stream":"stderr",`
	lineBreak = `\n`
)

// parseRecord parses a line without its line break. ok is false for what is no record: a mark, or
// what a crash of the machine left. The record's text is a part of the line.
func parseRecord(line []byte) (r record, ok bool) {
	if !bytes.HasPrefix(line, []byte(logKey)) || !bytes.HasSuffix(line, []byte(`"}`)) {
		return slowRecord(line)
	}
	at := bytes.LastIndex(line[max(0, len(line)-64):], []byte(timeKey))
	if at < 0 {
		return slowRecord(line)
	}
	at += max(0, len(line)-64)
	body := line[len(logKey):max(at, len(logKey))]
	switch {
	case bytes.HasSuffix(body, []byte(toStdout)):
		r.source = "stdout"
	case bytes.HasSuffix(body, []byte(toStderr)):
		r.source = "stderr"
	default:
		return slowRecord(line)
	}
	var err error
	if r.time, err = time.Parse(time.RFC3339Nano, string(line[at+len(timeKey):len(line)-2])); err != nil {
		return slowRecord(line)
	}
	r.setText(body[:len(body)-len(toStdout)])
	return r, true
}

// slowRecord parses records with attributes of the container, which options of the driver ask for.
func slowRecord(line []byte) (r record, ok bool) {
	var raw struct {
		Log    json.RawMessage `json:"log"`
		Stream string          `json:"stream"`
		Time   time.Time       `json:"time"`
	}
	if json.Unmarshal(line, &raw) != nil || raw.Time.IsZero() {
		return record{}, false
	}
	r.source, r.time = raw.Stream, raw.Time
	if len(raw.Log) >= 2 {
		r.setText(raw.Log[1 : len(raw.Log)-1])
	}
	return r, true
}

// setText sets the text from JSON's form of it.
func (r *record) setText(text []byte) {
	r.text, r.broken = text, endsLine(text)
	if r.broken {
		r.text = text[:len(text)-len(lineBreak)]
	}
}

// endsLine reports whether JSON's form of a text ends in a line break: an n after an odd number of
// backslashes.
func endsLine(text []byte) bool {
	if !bytes.HasSuffix(text, []byte(lineBreak)) {
		return false
	}
	before := bytes.TrimRight(text[:len(text)-1], `\`)
	return (len(text)-1-len(before))%2 == 1
}

// goesOn reports whether the line goes on in the next record of its source. A shorter record
// without a line break is the end of what a container wrote before it ended.
func (r *record) goesOn() bool {
	return !r.broken && len(r.text) >= partBytes && len(plain(r.text)) >= partBytes
}

// plain returns the text that JSON's form of it stands for.
func plain(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	quoted := append(append(append(make([]byte, 0, len(text)+2), '"'), text...), '"')
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return text
	}
	return []byte(s)
}

// quoted returns JSON's form of a text, without the quotes.
func quoted(text []byte) []byte {
	raw, err := json.Marshal(string(text))
	if err != nil { // a string has a form
		return nil
	}
	return raw[1 : len(raw)-1]
}

// appendRecord appends the line of a record, with its line break.
func appendRecord(to []byte, source string, at time.Time, text []byte) []byte {
	to = append(append(append(to, logKey...), quoted(text)...), `","stream":"`...)
	to = append(append(append(to, source...), `",`...), timeKey...)
	return append(at.UTC().AppendFormat(to, time.RFC3339Nano), "\"}\n"...)
}
