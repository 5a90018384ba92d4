package members

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/server/node"
)

// A peer that counts as having left is removed only if the others can continue.
func TestQuorumWithout(t *testing.T) {
	for _, c := range []struct {
		name   string
		voters []string
		there  []string
		want   bool
	}{
		{"the others are there", []string{"1", "2", "3"}, []string{"2", "3"}, true},
		{"another is dead, and only it is left beside the leader", []string{"1", "2", "3"}, []string{"3"}, false},
		{"of five, three stay", []string{"1", "2", "3", "4", "5"}, []string{"2", "3", "4"}, true},
		{"of five, two stay", []string{"1", "2", "3", "4", "5"}, []string{"2", "3"}, false},
		{"of two, the leader stays", []string{"1", "2"}, []string{"2"}, true},
		{"nobody else votes", []string{"1"}, []string{"1"}, false},
	} {
		peers := map[string]node.Peer{"n": {ID: "n"}} // does not count
		for _, id := range c.voters {
			peers[id] = node.Peer{ID: id, Voter: true}
		}
		if got := quorumWithout("1", peers, func(id string) bool { return slices.Contains(c.there, id) }); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
