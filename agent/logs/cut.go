package logs

import (
	"bytes"
	"regexp"
)

// cut returns the last place in records where a segment may end: no line goes on after it and, if
// events have several lines, an event begins. It returns 0 if there is none. The lines of both
// sources that end in records are judged, not those before them.
func cut(records []byte, begins *regexp.Regexp) int {
	last := 0
	open := map[string]bool{} // sources with a line that goes on
	for at := 0; at < len(records); {
		end := at + bytes.IndexByte(records[at:], '\n') + 1
		r, ok := parseRecord(records[at : end-1])
		if ok {
			if begins != nil && at > 0 && !open["stdout"] && !open["stderr"] && begins.Match(plain(r.text)) {
				last = at
			}
			open[r.source] = r.goesOn()
		}
		at = end
		if begins == nil && !open["stdout"] && !open["stderr"] {
			last = at
		}
	}
	return last
}
