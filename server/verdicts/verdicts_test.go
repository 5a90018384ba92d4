package verdicts

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// TestThoseWhoAreLeftDecide: two of three ingress instances saw a target fail, and are lost. The
// third, which sees it pass, has nothing new to report, but its word is the verdict now.
func TestThoseWhoAreLeftDecide(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		store, reports := state.New(), []structs.TargetSighting(nil)
		change := func(fn func(*state.Tx)) {
			if err := store.Update(store.Snapshot().Index()+1, func(tx *state.Tx) error { fn(tx); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		health := structs.TargetHealth{State: structs.TargetUnhealthy, Seen: []structs.TargetSeen{
			{Instance: "i1", State: structs.TargetUnhealthy}, {Instance: "i2", State: structs.TargetUnhealthy},
			{Instance: "i3", State: structs.TargetHealthy, At: 3},
		}}
		connect := func(connected bool, ids ...string) {
			change(func(tx *state.Tx) {
				for _, id := range ids {
					tx.PutInstance(&structs.ContainerInstance{
						ID: id, Address: "10.0.0.1", Ingress: true, AgentConnected: connected, Status: structs.InstanceActive,
					})
				}
			})
		}
		connect(true, "i1", "i2", "i3")
		change(func(tx *state.Tx) {
			tx.PutTargetGroup(&structs.TargetGroup{ID: "g", Check: structs.TargetCheck{Enabled: true}})
			tx.PutTask(&structs.Task{
				ID: "t", Instance: "i3", LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning,
				Targets: []structs.TaskTarget{{TargetGroup: "g", Port: 80, Health: health}},
			})
			tx.PutTarget(&structs.Target{TargetGroup: "g", Target: "192.0.2.7", Port: 80, Health: health})
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- Config{
				Snapshot: store.Snapshot, Subscribe: store.Subscribe, Logger: slog.New(slog.DiscardHandler),
				Now: func() structs.Time { return structs.TimeOf(time.Now()) },
				Apply: func(_ context.Context, cmd structs.Command) (structs.Applied, error) {
					reports = append(reports, cmd.(structs.ReportTargets).Reports...)
					return structs.Applied{}, nil
				},
			}.Run(ctx)
		}()
		time.Sleep(time.Minute)
		if len(reports) > 0 {
			t.Errorf("while all are there, it repeated %+v", reports)
		}
		connect(false, "i1", "i2")
		time.Sleep(2 * settle)
		synctest.Wait()
		if len(reports) != 2 {
			t.Fatalf("repeated %+v", reports)
		}
		for _, r := range reports {
			if r.Instance != "i3" || r.Report.State != structs.TargetHealthy || len(r.Checkers) != 1 || r.Report.Task == "" && r.Report.Target == "" {
				t.Errorf("repeated %+v", r)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
