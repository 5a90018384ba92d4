package logs

import (
	"bytes"
	"encoding/json"

	"github.com/gantry-project/gantry/structs"
)

// A mark is a line of a segment between records. It says where the records after it come from: they
// are a copy of the bytes of one file of the engine, so that the length of a segment is also the
// place to go on reading at. A mark is written before records of another file, when lines were
// dropped, and otherwise at most once a second.
type mark struct {
	At      structs.Time `json:"at"`   // when the records after it were kept
	From    origin       `json:"from"` // of the first byte after it
	Lines   int64        `json:"lines"`
	Dropped int64        `json:"dropped,omitzero"`
	Gaps    int64        `json:"gaps,omitzero"`
	Stream  *description `json:"stream,omitzero"` // in the first line of a segment
}

// Lines, Dropped and Gaps of a mark count from the beginning of the stream: the records before the
// mark, and what was dropped.

// An origin is a place in the output of a container.
type origin struct {
	Container string `json:"container"` // its id in the engine
	// Inode and Head tell the files of a container from each other: a number of the file system,
	// which it uses again, and a hash of the first record. Both are zero if the engine was asked
	// for the records.
	Inode  uint64 `json:"inode,omitzero"`
	Head   uint64 `json:"head,omitzero"`
	Offset int64  `json:"offset,omitzero"`
}

// markKey begins the line of a mark. Docker's records begin otherwise.
const markKey = `{"gantry":`

// appendMark appends the line of a mark.
func appendMark(to []byte, m mark) []byte {
	raw, err := json.Marshal(m)
	if err != nil { // numbers and a string have a form
		return to
	}
	return append(append(append(to, markKey...), raw...), "}\n"...)
}

// parseMark parses a line without its line break; ok is false if it is no mark.
func parseMark(line []byte) (m mark, ok bool) {
	text, ok := bytes.CutPrefix(line, []byte(markKey))
	text, closed := bytes.CutSuffix(text, []byte("}"))
	return m, ok && closed && json.Unmarshal(text, &m) == nil
}
