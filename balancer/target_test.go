package balancer

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// tally asks a port n times and counts who answers.
func tally(t *testing.T, port int32, n int, headers ...string) map[string]int {
	t.Helper()
	count := map[string]int{}
	for range n {
		status, body, _ := get(t, port, "/", headers...)
		if status != 200 {
			body = fmt.Sprint(status)
		}
		count[body]++
	}
	return count
}

// one starts a balancer with one HTTP listener on one group.
func one(t *testing.T, g structs.TrafficGroup) (*world, int32) {
	t.Helper()
	w, port := start(t, Config{}), freePort(t)
	w.Apply(structs.TrafficFrame{Full: true, Index: 1, Groups: []structs.TrafficGroup{g},
		Listeners: []structs.TrafficListener{listenerAt("l", "HTTP", port, forwardTo(g.ID))}})
	return w, port
}

func with(g structs.TrafficGroup, attributes ...string) structs.TrafficGroup {
	for i := 0; i < len(attributes); i += 2 {
		g.Group.Attributes = append(g.Group.Attributes, structs.TrafficAttribute{Key: attributes[i], Value: attributes[i+1]})
	}
	return g
}

func weight(s structs.TrafficTarget, weight float64, state string) structs.TrafficTarget {
	s.Weight, s.State = weight, state
	return s
}

func TestRoundRobinByWeightAndHealth(t *testing.T) {
	a, b, c := backend(t, "a"), backend(t, "b"), backend(t, "c")
	w, port := one(t, groupWith("g", a, b, c))
	if count := tally(t, port, 30); count["a"] != 10 || count["b"] != 10 || count["c"] != 10 {
		t.Errorf("of 30 requests at the same weights: %v", count)
	}
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{groupWith("g", weight(a, 3, "healthy"), b, weight(c, 1, "unhealthy"))}})
	if count := tally(t, port, 80); count["a"] < 57 || count["a"] > 63 || count["c"] != 0 {
		t.Errorf("of 80 requests at the weights 3 and 1, one unhealthy: %v", count)
	}
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{groupWith("g", weight(a, 1, "unhealthy"), weight(b, 0, "healthy"), weight(c, 1, "draining"))}})
	if count := tally(t, port, 4); count["503"] != 4 {
		t.Errorf("the only healthy target has no weight: %v", count)
	}
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{groupWith("g", weight(a, 1, "unhealthy"), weight(b, 1, "initial"), weight(c, 1, "draining"))}})
	if count := tally(t, port, 10); count["a"] != 5 || count["b"] != 5 {
		t.Errorf("none is healthy: %v, want all but the draining one", count)
	}
	least := with(groupWith("g", a, weight(b, 1, "unhealthy")), "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "60")
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{least}})
	if count := tally(t, port, 10); count["b"] != 5 {
		t.Errorf("fewer are healthy than the group wants: %v", count)
	}
	w.Apply(structs.TrafficFrame{GoneGroups: []string{"g"}})
	if count := tally(t, port, 2); count["503"] != 2 {
		t.Errorf("the group has gone: %v", count)
	}
}

func TestLeastOutstandingRequests(t *testing.T) {
	release := make(chan struct{})
	slow := handled(t, "slow", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			<-release
		}
		io.WriteString(w, "slow")
	})
	fast := backend(t, "fast")
	w, port := one(t, with(groupWith("g", slow), "load_balancing.algorithm.type", "least_outstanding_requests"))
	var waiting sync.WaitGroup
	for range 3 {
		waiting.Go(func() { get(t, port, "/wait") })
	}
	until(t, "the requests are open", func() bool { return w.Stats().Groups[0].Counts.Open == 3 })
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{with(groupWith("g", fast, slow), "load_balancing.algorithm.type", "least_outstanding_requests")}})
	if count := tally(t, port, 10); count["fast"] != 10 {
		t.Errorf("while requests are open on one target: %v", count)
	}
	close(release)
	waiting.Wait()
	until(t, "nothing is open", func() bool { return w.Stats().Groups[0].Counts.Open == 0 })
	if count := tally(t, port, 10); count["fast"] == 0 || count["slow"] == 0 {
		t.Errorf("when both are free: %v", count)
	}
}

func TestTargetThatRefusesConnectionsIsSkipped(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := targetAt(t, "dead", l.Addr().String())
	l.Close()
	w, port := one(t, groupWith("g", dead, backend(t, "a"), backend(t, "b")))
	if count := tally(t, port, 30); count["a"]+count["b"] != 30 {
		t.Errorf("one of three refuses connections: %v", count)
	}
	for _, target := range w.Stats().Groups[0].Targets {
		if target.Task == "dead" && (target.Counts.Errors == 0 || target.Counts.Errors > 5 || !target.Avoided) {
			t.Errorf("the target that refuses: %+v", target)
		}
	}
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{groupWith("g", dead)}})
	if count := tally(t, port, 2); count["502"] != 2 {
		t.Errorf("the only target refuses: %v", count)
	}
}

func TestStickyTargets(t *testing.T) {
	a, b := backend(t, "a"), backend(t, "b")
	w, port := one(t, with(groupWith("g", a, b), "stickiness.enabled", "true", "stickiness.type", "lb_cookie", "stickiness.lb_cookie.duration_seconds", "60"))
	_, first, header := get(t, port, "/")
	set := header.Values("Set-Cookie")
	if len(set) != 2 || !strings.HasPrefix(set[0], "AWSALB=") || !strings.HasPrefix(set[1], "AWSALBCORS=") ||
		!strings.Contains(set[0], "; Path=/") || !strings.HasSuffix(set[1], "; SameSite=None; Secure") {
		t.Fatalf("cookies: %q", set)
	}
	_, value, rest := cut2(set[0])
	expires, err := time.Parse(http.TimeFormat, rest[len("; Expires="):strings.Index(rest, "; Path")])
	if left := time.Until(expires); err != nil || left < 50*time.Second || left > 61*time.Second {
		t.Errorf("the cookie %q lives %v, %v", set[0], left, err)
	}
	if count := tally(t, port, 10, "Cookie", "AWSALB="+value); count[first] != 10 {
		t.Errorf("a client of %s: %v", first, count)
	}
	// When its target drains, the client gets another one.
	states := map[string]string{"a": "healthy", "b": "healthy", first: "draining"}
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{with(groupWith("g", weight(a, 1, states["a"]), weight(b, 1, states["b"])),
		"stickiness.enabled", "true", "stickiness.type", "lb_cookie")}})
	if count := tally(t, port, 4, "Cookie", "AWSALB="+value); count[first] != 0 || count["503"] != 0 {
		t.Errorf("a client of %s, which drains: %v", first, count)
	}
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{with(groupWith("g", a, b),
		"stickiness.enabled", "true", "stickiness.type", "app_cookie", "stickiness.app_cookie.cookie_name", "sid")}})
	_, first, header = get(t, port, "/")
	_, value, _ = cut2(header.Get("Set-Cookie"))
	if count := tally(t, port, 10, "Cookie", "sid=7; AWSALBAPP-0="+value); count[first] != 10 {
		t.Errorf("a client with a session on %s: %v", first, count)
	}
	if count := tally(t, port, 10, "Cookie", "AWSALBAPP-0="+value); count[first] != 5 {
		t.Errorf("a client whose session ended: %v", count)
	}
}

func TestSlowStart(t *testing.T) {
	var now atomic.Int64
	a, b := weight(structs.TrafficTarget{Address: "10.0.0.1", Port: 1, Task: "a"}, 1, "healthy"), weight(structs.TrafficTarget{Address: "10.0.0.2", Port: 1, Task: "b"}, 1, "initial")
	w := start(t, Config{Now: func() time.Time { return time.Unix(0, now.Load()) }})
	now.Store(time.Now().UnixNano())
	slow := func(targets ...structs.TrafficTarget) structs.TrafficFrame {
		return structs.TrafficFrame{Groups: []structs.TrafficGroup{with(groupWith("g", targets...), "slow_start.duration_seconds", "100")}}
	}
	w.Apply(slow(a, b))
	g := w.group("g")
	part := func(task string, after time.Duration) float64 {
		for _, x := range g.targets {
			if x.spec.Load().Task == task {
				return x.part(now.Load() + int64(after))
			}
		}
		t.Fatal("no target", task)
		return 0
	}
	if p := part("a", 0); p != 1 {
		t.Errorf("the first target of a group starts with %v of its weight", p)
	}
	b.State = "healthy"
	w.Apply(slow(a, b))
	w.Apply(slow(a, b)) // another frame does not begin anew
	for after, want := range map[time.Duration]float64{0: 0.01, 25 * time.Second: 0.25, 75 * time.Second: 0.75} {
		if p := part("b", after); p != want {
			t.Errorf("%v after it became healthy: %v of its weight, want %v", after, p, want)
		}
	}
	if p := part("b", 100*time.Second); p != 1 {
		t.Errorf("after slow start: %v", p)
	}
}

func TestAnomalyMitigation(t *testing.T) {
	var bad atomic.Bool
	bad.Store(true)
	sick := handled(t, "sick", func(w http.ResponseWriter, _ *http.Request) {
		if bad.Load() {
			w.WriteHeader(500)
		}
		io.WriteString(w, "sick")
	})
	w, port := one(t, with(groupWith("g", sick, backend(t, "a"), backend(t, "b")),
		"load_balancing.algorithm.type", "weighted_random", "load_balancing.algorithm.anomaly_mitigation", "on"))
	share := func() int32 {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, x := range w.group("g").targets {
			if x.spec.Load().Task == "sick" {
				return x.share.Load()
			}
		}
		return -1
	}
	until(t, "the target that fails gets less", func() bool { tally(t, port, 20); return share() <= fullShare/4 })
	before := tally(t, port, 100)
	if before["500"] > 22 {
		t.Errorf("of 100 requests the failing one of three has %d", before["500"])
	}
	bad.Store(false)
	until(t, "it gets its part again when it is well", func() bool { tally(t, port, 20); return share() == fullShare })
}
