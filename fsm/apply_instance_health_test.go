package fsm

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// TestEngineHealthIsKeptWithItsTimes: the status has the times of its last change and of the last
// report. A registration is a report too; after one without a status the health is unknown.
func TestEngineHealthIsKeptWithItsTimes(t *testing.T) {
	h := cluster(t)
	report := func(status, reason string, at structs.Time) {
		h.do(structs.SetRuntimeHealth{Instance: "i1", Health: structs.RuntimeHealth{Status: status, Reason: reason}, At: at})
	}
	expect := func(status string, updated, changed structs.Time) {
		t.Helper()
		if r := h.snap().Instance("i1").Runtime; r.Status != status || r.UpdatedAt != updated || r.ChangedAt != changed {
			t.Errorf("the engine is %+v, want %s, updated at %d, changed at %d", r, status, updated, changed)
		}
	}
	expect("", 0, 0)
	report(structs.HealthOK, "", 100)
	expect(structs.HealthOK, 100, 100)
	report(structs.HealthImpaired, "no answer", 200)
	report(structs.HealthImpaired, "still none", 300)
	expect(structs.HealthImpaired, 300, 200)
	again := instance("i1", "prod")
	again.RegisteredAt, again.Runtime = 400, structs.RuntimeHealth{Status: structs.HealthImpaired, Reason: "said at registration"}
	h.do(structs.RegisterInstance{Instance: again})
	expect(structs.HealthImpaired, 400, 200)
	again.Runtime = structs.RuntimeHealth{}
	h.do(structs.RegisterInstance{Instance: again})
	expect("", 0, 0)
	h.refused(structs.SetRuntimeHealth{Instance: "gone", Health: structs.RuntimeHealth{Status: structs.HealthOK}}, structs.KindResourceNotFound, "is not registered")
}

// TestAnInstanceThatIsLostAgainAndAgainWaitsLonger: there is no wait after a single loss, then ten
// seconds, twice as long each time, at most five minutes. After ten minutes of connection it starts
// over.
func TestAnInstanceThatIsLostAgainAndAgainWaitsLonger(t *testing.T) {
	h, at := cluster(t), structs.Time(1_000_000)
	pass := func(d time.Duration) { at += structs.Time(d.Milliseconds()) }
	connect := func(connected bool) { h.do(connection("i1", connected, at)) }
	bounce := func() time.Duration {
		pass(time.Minute)
		connect(false)
		pass(time.Minute)
		connect(true)
		i := h.snap().Instance("i1")
		if i.HeldUntil == 0 {
			return 0
		}
		return i.HeldUntil.Std().Sub(at.Std())
	}
	connect(true)
	var waits []time.Duration
	for range 9 {
		waits = append(waits, bounce())
	}
	want := []time.Duration{0, 10, 20, 40, 80, 160, 300, 300, 300}
	for n := range want {
		want[n] *= time.Second
	}
	if !slices.Equal(waits, want) {
		t.Errorf("it waited %v, want %v", waits, want)
	}
	pass(10 * time.Minute)
	if wait := bounce(); wait != 0 {
		t.Errorf("after eleven minutes of calm it waits %v", wait)
	}
	if wait := bounce(); wait != 10*time.Second {
		t.Errorf("lost again a minute later it waits %v", wait)
	}
}

// TestOnlyLossesOfActiveInstancesCount: a draining instance is taken away on purpose, and a
// deregistered one starts from zero.
func TestOnlyLossesOfActiveInstancesCount(t *testing.T) {
	h, at := cluster(t), structs.Time(1_000_000)
	bounce := func(id string) *structs.ContainerInstance {
		at += 2000
		h.do(connection(id, false, at-1000))
		h.do(connection(id, true, at))
		return h.snap().Instance(id)
	}
	h.do(connection("i1", true, at))
	h.do(connection("i2", true, at))
	setStatus(h, "i1", structs.InstanceDraining)
	for range 5 {
		bounce("i1")
	}
	setStatus(h, "i1", structs.InstanceActive)
	if i := bounce("i1"); i.Losses != 1 || i.HeldUntil != 0 {
		t.Errorf("after five restarts while it drained, and one loss: %d losses, held until %d", i.Losses, i.HeldUntil)
	}
	bounce("i2")
	if i := bounce("i2"); i.HeldUntil == 0 {
		t.Fatal("lost twice, it is not held back")
	}
	deactivate(h, "i2")
	h.do(structs.RegisterInstance{Instance: instance("i2", "prod")})
	if i := h.snap().Instance("i2"); i.Losses != 0 || i.HeldUntil != 0 {
		t.Errorf("registered anew: %d losses, held until %d", i.Losses, i.HeldUntil)
	}
}

// TestAnInstanceIsReleasedAtItsTime: not earlier, and not if it has been lost again.
func TestAnInstanceIsReleasedAtItsTime(t *testing.T) {
	h := cluster(t)
	for at := structs.Time(10); at <= 50; at += 10 {
		h.do(connection("i1", at%20 == 10, at)) // back, lost, back, lost, back
	}
	for _, c := range []struct{ at, held structs.Time }{{10_049, 10_050}, {10_050, 0}} {
		h.do(structs.ReleaseInstances{Instances: []string{"i1", "gone"}, At: c.at})
		if held := h.snap().Instance("i1").HeldUntil; held != c.held {
			t.Errorf("at %d it is held until %d, want %d", c.at, held, c.held)
		}
	}
}

// connection is the command that an agent was lost or is back.
func connection(id string, connected bool, at structs.Time) structs.SetAgentConnected {
	return structs.SetAgentConnected{Instances: []string{id}, Connected: connected, At: at}
}
