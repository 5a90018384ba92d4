package place

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// TestPlacerIsBoundByTheSameRules: a placer gets a place exactly where Gantry's own scheduler may
// put a task, and never more than the job lacks; and an instance behaves as the offer describes it
// when it is taken.
func TestPlacerIsBoundByTheSameRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		s.job.Type = structs.JobBatch
		books, taken, asked := s.books(), 0, false
		need := structs.Need(s.def, nil)
		r := s.request(s.snapshot(t))
		r.Placer = func(o *Offer) {
			asked = true
			if o.Count != s.wanted() {
				t.Fatalf("asked for %d tasks, want %d", o.Count, s.wanted())
			}
			for range rapid.IntRange(0, 60).Draw(t, "tries") {
				i := rapid.SampledFrom(append(s.instances, &structs.ContainerInstance{ID: "nosuch"})).Draw(t, "instance")
				b := books[i.ID]
				mayTake := taken < o.Count && b != nil && b.takes(need)
				for host, why := range o.Hosts() {
					if host.ID == i.ID && taken < o.Count && (why.Reason == "") != mayTake {
						t.Fatalf("the offer says of %s %+v, the books say it takes a task: %v", i.ID, why, mayTake)
					}
				}
				refused := o.Take(i.ID)
				if (refused == nil) != mayTake {
					t.Fatalf("instance %s: refused %+v, the books say it takes a task: %v", i.ID, refused, mayTake)
				}
				if refused == nil {
					b.take(need)
					taken++
				}
			}
		}
		found := Find(r)
		if len(found.Instances) != taken || asked != (s.wanted() > 0) {
			t.Fatalf("%d placements, %d were taken; asked: %v", len(found.Instances), taken, asked)
		}
	})
}
