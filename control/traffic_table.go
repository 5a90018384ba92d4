package control

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	// trafficGather is how long changes of state are gathered before the table is computed again.
	trafficGather = 5 * time.Millisecond
	// trafficKept is how many changes of the table are kept for streams that are behind.
	trafficKept = 1024
)

// trafficTable is the table of who receives traffic, which all streams of a server share. It is
// computed once per change, while a stream is open. Safe for concurrent use.
type trafficTable struct {
	store *state.Store
	// certificates returns the certificates of a state; nil: there are none.
	certificates func(*state.Snapshot) []structs.TrafficCertificate

	mu      sync.Mutex
	streams int
	cancel  func()        // ends the goroutine that follows state
	ended   chan struct{} // closed when it has
	snap    *state.Snapshot
	index   uint64 // the table has every change of state up to this one
	table   *endpoints.Table
	certs   map[string]structs.TrafficCertificate
	changes []trafficChange // the newest ones, oldest first
	seq     uint64          // of the newest change
	from    uint64          // changes has all after this one
	grown   chan struct{}   // closed at the next change
}

// trafficKeys are keys of items that are different, or gone.
type trafficKeys struct{ groups, listeners, names, certs map[string]bool }

// trafficChange is one change of the table.
type trafficChange struct {
	seq   uint64
	keys  endpoints.Changes
	certs []string
}

// open counts a stream. The first one starts the work.
func (t *trafficTable) open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.streams++; t.streams > 1 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	sub, ended := t.store.Subscribe(state.Topic{Kind: state.TopicTraffic}), make(chan struct{})
	t.cancel, t.ended, t.grown = cancel, ended, make(chan struct{})
	t.begin()
	go func() {
		defer close(ended)
		defer sub.Close()
		t.follow(ctx, sub)
	}()
}

// close counts a stream that ended. The last one ends the work.
func (t *trafficTable) close() {
	t.mu.Lock()
	t.streams--
	last, ended := t.streams == 0, t.ended
	if last {
		t.cancel()
		t.snap, t.table, t.certs, t.changes = nil, nil, nil, nil
	}
	t.mu.Unlock()
	if last {
		<-ended
	}
}

// begin computes the table from nothing, so that all streams begin anew. The lock must be held.
func (t *trafficTable) begin() {
	t.snap = t.store.Snapshot()
	t.index, t.table = t.snap.Index(), endpoints.NewTable(t.snap)
	t.certs = t.readCertificates()
	t.seq++
	t.changes, t.from = nil, t.seq
	t.wake()
}

// follow brings the table up to date whenever state changes, until ctx ends.
func (t *trafficTable) follow(ctx context.Context, sub *state.Subscription) {
	tick := time.NewTicker(trafficAlive / 2)
	defer tick.Stop()
	for {
		select {
		case <-sub.C:
			if sleep(ctx, trafficGather) != nil {
				return
			}
		case <-tick.C: // nothing changed, up to a newer index
		case <-ctx.Done():
			return
		}
		index := t.store.Published()
		events, resync := sub.Take()
		t.mu.Lock()
		if ctx.Err() == nil {
			t.update(events, resync)
			t.index = max(t.index, index)
		}
		t.mu.Unlock()
	}
}

// update applies changes of state. The lock must be held.
func (t *trafficTable) update(events []state.Event, resync bool) {
	if resync {
		t.begin()
	}
	if resync || len(events) == 0 {
		return
	}
	rows := make([]endpoints.Change, len(events))
	for n, e := range events {
		if rows[n].Before = e.Before; !e.Removed {
			rows[n].Row = e.Row
		}
	}
	t.snap = t.store.Snapshot()
	change := trafficChange{seq: t.seq + 1, keys: t.table.Apply(t.snap, rows)}
	if change.keys.Other {
		was := t.certs
		t.certs = t.readCertificates()
		change.certs = differentCertificates(was, t.certs)
	}
	t.seq++
	t.changes = append(t.changes, change)
	if len(t.changes) > trafficKept {
		t.from, t.changes = t.changes[0].seq, slices.Clone(t.changes[1:])
	}
	t.wake()
}

// wake wakes the streams. The lock must be held.
func (t *trafficTable) wake() {
	close(t.grown)
	t.grown = make(chan struct{})
}

func (t *trafficTable) readCertificates() map[string]structs.TrafficCertificate {
	all := map[string]structs.TrafficCertificate{}
	if t.certificates != nil {
		for _, c := range t.certificates(t.snap) {
			all[c.ARN] = c
		}
	}
	return all
}

func differentCertificates(was, is map[string]structs.TrafficCertificate) (arns []string) {
	for arn, c := range is {
		if before, had := was[arn]; !had || !reflect.DeepEqual(before, c) {
			arns = append(arns, arn)
		}
	}
	for arn := range was {
		if _, has := is[arn]; !has {
			arns = append(arns, arn)
		}
	}
	slices.Sort(arns)
	return arns
}

// lacks reports whether the changes after one are not kept any more. The lock must be held.
func (t *trafficTable) lacks(after uint64) bool { return after < t.from }

// since returns what changed for an instance after a change. The lock must be held.
func (t *trafficTable) since(after uint64, instance string) trafficKeys {
	keys := newTrafficKeys()
	for n := len(t.changes) - 1; n >= 0 && t.changes[n].seq > after; n-- {
		c := &t.changes[n]
		keys.add(c.keys, c.certs)
		for group, checkers := range c.keys.Checks {
			if slices.Contains(checkers, instance) {
				keys.groups[group] = true
			}
		}
	}
	return keys
}

// everything returns the keys of all items. The lock must be held.
func (t *trafficTable) everything() trafficKeys {
	keys := newTrafficKeys()
	keys.add(t.table.Everything(), slices.Collect(maps.Keys(t.certs)))
	return keys
}

func newTrafficKeys() trafficKeys {
	return trafficKeys{groups: map[string]bool{}, listeners: map[string]bool{}, names: map[string]bool{}, certs: map[string]bool{}}
}

func (k *trafficKeys) add(c endpoints.Changes, certs []string) {
	for n, keys := range [][]string{c.Groups, c.Listeners, c.Names, certs} {
		to := []map[string]bool{k.groups, k.listeners, k.names, k.certs}[n]
		for _, key := range keys {
			to[key] = true
		}
	}
}

// fill puts items into a frame for an instance: listeners, certificates and the groups of listeners
// are for ingress instances only. The lock must be held.
func (t *trafficTable) fill(frame *structs.TrafficFrame, keys *trafficKeys, to *structs.ContainerInstance) {
	for _, name := range slices.Sorted(maps.Keys(keys.names)) {
		if n := t.table.Name(name); n != nil {
			frame.Names = append(frame.Names, *n)
		} else {
			frame.GoneNames = append(frame.GoneNames, name)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(keys.groups)) {
		if g := t.table.Group(id); !to.Ingress && !endpoints.ForEveryone(id) {
			continue
		} else if g != nil {
			frame.Groups = append(frame.Groups, g.For(to.ID))
		} else {
			frame.GoneGroups = append(frame.GoneGroups, id)
		}
	}
	if !to.Ingress {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(keys.listeners)) {
		if l := t.table.Listener(id); l != nil {
			frame.Listeners = append(frame.Listeners, *l)
		} else {
			frame.GoneListeners = append(frame.GoneListeners, id)
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(keys.certs)) {
		if c, has := t.certs[arn]; has {
			frame.Certificates = append(frame.Certificates, c)
		} else {
			frame.GoneCertificates = append(frame.GoneCertificates, arn)
		}
	}
}
