package liveness

import (
	"testing"
	"time"
)

// Instances in doubt are asked again and again, though not at every look, and their answers count
// for a while.
func TestWitness(t *testing.T) {
	asked := 0
	alive := true
	w := NewWitness(func(instances []string, answered func(string)) {
		asked++
		for _, i := range instances {
			if alive {
				answered(i)
			}
		}
	})
	now := time.Now()
	if w.Heard(now, "i") {
		t.Error("heard before it was asked")
	}
	w.Ask(now, []string{"i"})
	w.Ask(now.Add(askEvery/2), []string{"i"})
	if asked != 1 || !w.Heard(now.Add(believed/2), "i") || w.Heard(now.Add(believed/2), "j") {
		t.Errorf("asked %d times in a moment; what it answered is not known", asked)
	}
	alive = false
	w.Ask(now.Add(askEvery), []string{"i"})
	if asked != 2 || w.Heard(now.Add(2*believed), "i") {
		t.Errorf("asked %d times; an old answer counts for ever", asked)
	}
}
