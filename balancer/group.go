package balancer

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// group is a target group.
type group struct {
	balancer *Balancer
	id       string
	settings atomic.Pointer[groupSettings]
	spec     atomic.Pointer[structs.TargetGroup]
	choice   atomic.Pointer[choice]
	turn     atomic.Uint64
	counters
	targets map[string]*target // by key; Balancer.mu guards it
	order   []string           // the keys, in the order of the frame
}

// groupSettings are the attributes of a target group that the balancer honours.
type groupSettings struct {
	version   string // of HTTP: HTTP1, HTTP2 or GRPC
	secure    bool
	algorithm string
	mitigate  bool          // anomaly mitigation
	slowStart time.Duration // zero: none
	sticky    string        // lb_cookie, app_cookie, source_ip or empty
	stickyFor time.Duration
	appCookie string
	proxyV2   bool // PROXY protocol version 2 to targets
	// keepUnhealthy means that TCP connections to targets that become unhealthy stay open.
	keepUnhealthy bool
	// least and leastPart are how many healthy targets, and which part of all of them, there must
	// be: with fewer, all get requests.
	least     int
	leastPart float64
}

// The algorithms of target groups (elbv2).
const (
	roundRobin       = "round_robin"
	leastOutstanding = "least_outstanding_requests"
	weightedRandom   = "weighted_random"
)

// The types of stickiness of target groups (elbv2).
const (
	stickyBalancer = "lb_cookie"
	stickyApp      = "app_cookie"
	stickySource   = "source_ip"
)

func settingsOf(g *structs.TargetGroup) *groupSettings {
	get := func(key string) string { return structs.AttributeOf(g.Attributes, key) }
	s := &groupSettings{
		version: g.ProtocolVersion, secure: g.Protocol == structs.ProtocolHTTPS || g.Protocol == structs.ProtocolTLS,
		algorithm: get("load_balancing.algorithm.type"),
		mitigate:  get("load_balancing.algorithm.anomaly_mitigation") == "on",
		slowStart: seconds(get("slow_start.duration_seconds"), 0),
		proxyV2:   get("proxy_protocol_v2.enabled") == "true",
		least:     1,

		keepUnhealthy: get("target_health_state.unhealthy.connection_termination.enabled") == "false",
	}
	const routing = "target_group_health.unhealthy_state_routing.minimum_healthy_targets."
	if n, err := strconv.Atoi(get(routing + "count")); err == nil {
		s.least = n
	}
	if n, err := strconv.Atoi(get(routing + "percentage")); err == nil {
		s.leastPart = float64(n) / 100
	}
	if s.version == "" {
		s.version = "HTTP1"
	}
	if get("stickiness.enabled") != "true" {
		return s
	}
	switch s.sticky = get("stickiness.type"); s.sticky {
	case stickyApp:
		s.appCookie = get("stickiness.app_cookie.cookie_name")
		s.stickyFor = seconds(get("stickiness.app_cookie.duration_seconds"), 24*time.Hour)
	case "":
		s.sticky = stickyBalancer
		fallthrough
	case stickyBalancer:
		s.stickyFor = seconds(get("stickiness.lb_cookie.duration_seconds"), 24*time.Hour)
	}
	return s
}

// seconds reads a number of seconds.
func seconds(text string, otherwise time.Duration) time.Duration {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return otherwise
	}
	return time.Duration(n) * time.Second
}

// set takes a group from a frame. Balancer.mu is held.
func (g *group) set(spec *structs.TrafficGroup, now time.Time) {
	old := g.settings.Load()
	settings := settingsOf(&spec.Group)
	g.settings.Store(settings)
	g.spec.Store(&spec.Group)
	other := old != nil && (old.version != settings.version || old.secure != settings.secure)
	before := g.targets
	had := g.choice.Load() != nil && len(g.choice.Load().targets) > 0
	g.targets, g.order = make(map[string]*target, len(spec.Targets)), g.order[:0]
	for i := range spec.Targets {
		s := &spec.Targets[i]
		key := targetKey(s)
		t := before[key]
		if t == nil || other {
			t = newTarget(g, key, s)
		} else {
			delete(before, key)
		}
		t.follow(s, settings, had, now)
		g.targets[key] = t
		g.order = append(g.order, key)
	}
	g.choice.Store(newChoice(g))
	for _, t := range before {
		t.gone()
	}
}

// follow takes a target's newest state. A target that becomes healthy beside others starts slowly,
// if the group says so: those of a group that had none do not, as in elbv2.
func (t *target) follow(s *structs.TrafficTarget, settings *groupSettings, others bool, now time.Time) {
	before := t.spec.Swap(s)
	t.draining.Store(s.State == structs.TargetDraining)
	if s.State == structs.TargetUnhealthy && before.State == structs.TargetHealthy && !settings.keepUnhealthy {
		t.cut()
	}
	healthy := s.State == structs.TargetHealthy
	if !healthy || settings.slowStart == 0 {
		t.warmFrom.Store(0)
		return
	}
	fresh := before == s || before.State != structs.TargetHealthy // new here, or not healthy before
	if fresh && others {
		t.warmFrom.Store(now.UnixNano())
	}
}

// gone ends a target that the frames do not have any more: nothing new goes to it.
func (t *target) gone() {
	t.draining.Store(true)
	t.Pool.Close()
}
