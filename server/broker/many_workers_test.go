package broker

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// TestManyWorkers: with workers that acknowledge, give back, and fall silent, each evaluation is
// decided exactly once in the end, and two of one job are never at work at the same time.
func TestManyWorkers(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		const jobs, perJob, workers = 20, 10, 8
		b := New(config)
		for n := range jobs * perJob {
			b.Enqueue(eval(fmt.Sprint(n), fmt.Sprint(n%jobs), structs.Time(n)))
		}
		var mu sync.Mutex
		var decided atomic.Int64
		atWork, deliveries := map[string]bool{}, map[string]int{}
		begin := func(e *structs.Evaluation) (delivery int) {
			mu.Lock()
			defer mu.Unlock()
			if atWork[e.Job] {
				t.Errorf("two evaluations of job %s are at work", e.Job)
			}
			atWork[e.Job] = true
			deliveries[e.ID]++
			return deliveries[e.ID]
		}
		end := func(e *structs.Evaluation) {
			mu.Lock()
			defer mu.Unlock()
			atWork[e.Job] = false
		}
		for w := range workers {
			go func() {
				for {
					e, token, err := b.Dequeue(t.Context())
					if err != nil {
						return
					}
					delivery := begin(e)
					time.Sleep(time.Duration(w+1) * time.Millisecond)
					end(e)
					switch {
					case delivery == 1 && e.CreatedAt%3 == 1:
						err = b.Nack(e.ID, token)
					case delivery == 1 && e.CreatedAt%3 == 2:
						time.Sleep(2 * config.AckTimeout)
					default:
						err = b.Ack(e.ID, token)
						decided.Add(1)
					}
					if err != nil {
						t.Errorf("delivery %d of %s: %v", delivery, e.ID, err)
					}
				}
			}()
		}
		time.Sleep(24 * time.Hour)
		wantStats(t, b, Stats{})
		if n := decided.Load(); n != jobs*perJob {
			t.Errorf("%d decided, want %d", n, jobs*perJob)
		}
		b.Close()
	})
}
