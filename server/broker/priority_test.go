package broker

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// important returns a broker with the given priorities of jobs; others have 50.
func important(priorities map[string]int) *Broker {
	c := config
	c.Importance = func(e *structs.Evaluation) int {
		if p, ok := priorities[e.Job]; ok {
			return p
		}
		return structs.DefaultPriority
	}
	return New(c)
}

func inCluster(cluster, id, job string, created structs.Time) *structs.Evaluation {
	e := eval(id, job, created)
	e.Cluster = cluster
	return e
}

func TestMostImportantFirst(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := important(map[string]int{"high": 80, "low": 20})
		defer b.Close()
		for n, job := range []string{"low", "old", "young", "high"} {
			b.Enqueue(eval(job, job, structs.Time(n)))
		}
		var order []string
		for range 4 {
			e, token, err := b.Dequeue(t.Context())
			must(t, err)
			must(t, b.Ack(e.ID, token))
			order = append(order, e.ID)
		}
		if want := []string{"high", "old", "young", "low"}; !slices.Equal(order, want) {
			t.Errorf("delivered %v, want %v", order, want)
		}
	})
}

// TestLessImportantWaitsForItsCluster: less important evaluations would take the room that the
// other one was called for.
func TestLessImportantWaitsForItsCluster(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := important(map[string]int{"high": 80, "high2": 80})
		defer b.Close()
		b.Enqueue(inCluster("a", "high", "high", 1))
		high := dequeue(t, b, "high")
		b.Enqueue(inCluster("a", "low", "low", 2))
		nothing(t, b)
		b.Enqueue(inCluster("b", "elsewhere", "elsewhere", 3))
		must(t, b.Ack("elsewhere", dequeue(t, b, "elsewhere")))
		b.Enqueue(inCluster("a", "high2", "high2", 4))
		high2 := dequeue(t, b, "high2")
		must(t, b.Ack("high", high))
		nothing(t, b)
		must(t, b.Nack("high2", high2)) // it rests, and keeps nobody
		low := dequeue(t, b, "low")
		time.Sleep(time.Second)
		must(t, b.Ack("high2", dequeue(t, b, "high2"))) // what is more important waits for nobody
		must(t, b.Ack("low", low))
		wantStats(t, b, Stats{})
	})
}

func TestYield(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(eval("e", "j", 1))
		token := dequeue(t, b, "e")
		must(t, b.Yield("e", token))
		nothing(t, b)
		time.Sleep(5 * time.Millisecond)
		must(t, b.Ack("e", dequeue(t, b, "e")))
		if err := b.Yield("e", token); err == nil {
			t.Error("a token that holds nothing yields")
		}
	})
}
