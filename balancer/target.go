package balancer

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/balancer/proxy"
	"github.com/gantry-project/gantry/structs"
)

// target is one target of a group, as long as the frames have it.
type target struct {
	proxy.Target
	group  *group
	key    string // of its group, see targetKey
	cookie string // what stickiness cookies call it
	spec   atomic.Pointer[structs.TrafficTarget]
	counters
	// draining is set before the open requests are counted: whoever counts himself as open and then
	// finds it set takes another target.
	draining atomic.Bool
	// warmFrom is when slow start began, in nanoseconds of Unix time; zero: it is not in it.
	warmFrom atomic.Int64
	// avoidUntil is until when it is skipped because it refused connections; refusals is how often
	// in a row it did.
	avoidUntil atomic.Int64
	refusals   atomic.Int32
	share      atomic.Int32 // of its weight, in 1000ths, that anomaly mitigation leaves it
	seen       sample       // of anomaly mitigation

	mu    sync.Mutex
	conns map[*flow]bool // its open TCP connections
}

// targetKey identifies a target in its group. A task that comes back with the same address is
// another target.
func targetKey(t *structs.TrafficTarget) string {
	return t.Task + "/" + t.Target + "/" + addressOf(t)
}

func addressOf(t *structs.TrafficTarget) string {
	return net.JoinHostPort(t.Address, strconv.Itoa(int(t.Port)))
}

// newTarget returns a target that has had no request yet.
func newTarget(g *group, key string, spec *structs.TrafficTarget) *target {
	hash := sha256.Sum256([]byte(g.id + " " + key))
	t := &target{group: g, key: key, cookie: hex.EncodeToString(hash[:12]), conns: map[*flow]bool{}}
	s := g.settings.Load()
	t.Address, t.Protocol, t.TLS = addressOf(spec), s.version, s.secure
	t.share.Store(fullShare)
	t.spec.Store(spec)
	return t
}

// begin counts a request as open on the target. It returns false, and does not count it, if the
// target gets no new ones any more.
func (t *target) begin() bool {
	t.Open.Add(1)
	if t.draining.Load() {
		t.end()
		return false
	}
	t.requests.Add(1)
	t.group.open.Add(1)
	return true
}

// done takes back what begin counted.
func (t *target) done() {
	t.group.open.Add(-1)
	t.end()
}

func (t *target) end() {
	if t.Open.Add(-1) == 0 && t.draining.Load() {
		t.group.balancer.drains.wake()
	}
}

// The time for which a target that refused a connection is skipped, if there are others. It doubles
// with each refusal.
const (
	firstAvoid = 250 * time.Millisecond
	mostAvoid  = 4 * time.Second
)

// refused notes that no connection to the target could be had.
func (t *target) refused(now time.Time) {
	t.errors.Add(1)
	n := t.refusals.Add(1)
	pause := min(firstAvoid<<min(n-1, 10), mostAvoid)
	t.avoidUntil.Store(now.Add(pause).UnixNano())
}

// worked notes that a connection to the target could be had.
func (t *target) worked() {
	if t.refusals.Load() != 0 {
		t.refusals.Store(0)
		t.avoidUntil.Store(0)
	}
}

func (t *target) avoided(now int64) bool { return t.avoidUntil.Load() > now }

// part returns which part of its weight the target has now: less than one in slow start, and if it
// answers worse than others.
func (t *target) part(now int64) float64 {
	part := float64(t.share.Load()) / fullShare
	if from := t.warmFrom.Load(); from != 0 {
		whole := int64(t.group.settings.Load().slowStart)
		if gone := now - from; gone >= whole {
			t.warmFrom.CompareAndSwap(from, 0)
		} else {
			part *= max(float64(gone)/float64(whole), 0.01)
		}
	}
	return part
}

// takes decides by chance whether a target takes a request that it would have by its weight.
func (t *target) takes(now int64) bool {
	part := t.part(now)
	return part >= 1 || rand.Float64() < part
}

// cut closes the connections of TCP that are open on the target.
func (t *target) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.conns {
		c.close()
	}
}
