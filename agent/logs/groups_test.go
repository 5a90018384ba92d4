package logs

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// What a log group does not keep any more goes, but for the segment that is being written; other
// groups keep theirs.
func TestExpire(t *testing.T) {
	h := newHarness(t, Config{})
	kept := h.run("t1", "app", map[string]string{"awslogs-group": "/kept", "awslogs-region": "r"})
	gone := h.run("t2", "app", map[string]string{"awslogs-group": "/gone", "awslogs-region": "r"})
	for _, c := range []*fakeContainer{kept, gone} {
		c.writeMany(t, 0, 3000)
		h.caughtUp(c)
	}
	if groups := slices.Sorted(slices.Values(h.logs.groups())); !slices.Equal(groups, []string{"/gone", "/kept"}) {
		t.Errorf("the groups are %v", groups)
	}
	h.logs.expire("/gone", h.logs.now()+1000)
	h.logs.expire("/kept", h.logs.now()-60_000)
	if left := len(h.Events(structs.LogQuery{Group: "/gone"})); left == 0 || left > 1500 {
		t.Errorf("%d events are left of a group that was deleted while a container writes", left)
	}
	if left := len(h.Events(structs.LogQuery{Group: "/kept"})); left != 3000 {
		t.Errorf("%d events are left of a group that keeps them", left)
	}
}
