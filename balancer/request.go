package balancer

import (
	"time"

	"github.com/gantry-project/gantry/balancer/accesslog"
	"github.com/gantry-project/gantry/balancer/proxy"
	"github.com/gantry-project/gantry/structs"
)

// request is one request on its way: it is the proxy.Forward of those that go to targets.
type request struct {
	balancer *Balancer
	listener *listener
	group    *group // nil: no target is asked
	newGroup bool   // the client is to be told its group, for stickiness
	head     proxy.Head
	do       *action
	priority int // of the rule
	begun    time.Time
	tried    []*target
	line     *accesslog.Entry // nil: the request is not logged
}

// mostTries is how many targets a request is offered to at most.
const mostTries = 5

// Next chooses a target: the one that the client's cookie names, if that may get new requests, or
// one by the group's algorithm.
func (q *request) Next() *proxy.Target {
	if len(q.tried) >= mostTries {
		return nil
	}
	t := q.stuck()
	if t == nil {
		t = q.group.pick(q.tried)
	}
	if t == nil {
		q.group.errors.Add(1)
		q.listener.errors.Add(1)
		return nil
	}
	q.tried = append(q.tried, t)
	return &t.Target
}

// Done ends an attempt.
func (q *request) Done(p *proxy.Target, err error) {
	t := q.of(p)
	if t == nil {
		return
	}
	t.done()
	if err == nil {
		t.worked()
		return
	}
	q.group.errors.Add(1)
	q.listener.errors.Add(1)
	if unreachable(err) {
		t.refused(time.Now())
	} else {
		t.errors.Add(1)
	}
}

// of returns the target that a proxy.Target belongs to.
func (q *request) of(p *proxy.Target) *target {
	for _, t := range q.tried {
		if &t.Target == p {
			return t
		}
	}
	return nil
}

// ended counts a request and logs it.
func (q *request) ended(o proxy.Outcome) {
	q.listener.open.Add(-1)
	q.listener.counters.ended(o.Status, o.BytesIn, o.BytesOut)
	took := o.ToClient
	if took == 0 { // the client went away before
		took = o.ToTarget + o.TargetTime
	}
	bucket := structs.LatencyBucket(took.Seconds())
	q.listener.answered(took, bucket)
	if q.group != nil {
		q.group.counters.ended(o.Status, o.BytesIn, o.BytesOut)
		q.group.answered(took, bucket)
	}
	if t := q.of(o.Target); t != nil && o.TargetStatus != 0 {
		t.counters.ended(o.TargetStatus, o.BytesIn, o.BytesOut)
		t.answered(took, bucket)
	}
	if q.line != nil {
		q.log(o)
	}
}
