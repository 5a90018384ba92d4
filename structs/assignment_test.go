package structs

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A frame survives the trip over the wire, where it has each definition only once.
func TestShortenedFrame(t *testing.T) {
	web, db := &TaskDefinition{Family: "web", Revision: 1}, &TaskDefinition{Family: "db", Revision: 2}
	frame := AssignmentFrame{Index: 9, Full: true}
	for n, d := range []*TaskDefinition{web, db, web, web, db} {
		frame.Assignments = append(frame.Assignments, Assignment{Task: &Task{ID: strings.Repeat("a", n+1), TaskDefinition: d.Key()}, Definition: d})
	}
	raw, err := json.Marshal(frame.Shorten())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), `"family":"web"`); n != 1 {
		t.Errorf("web is %d times on the wire:\n%s", n, raw)
	}
	var got AssignmentFrame
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	got.Restore()
	if diff := cmp.Diff(frame, got); diff != "" {
		t.Errorf("the frame has changed (-sent +got):\n%s", diff)
	}
}
