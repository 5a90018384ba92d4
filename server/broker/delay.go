package broker

import "time"

// leastWait is the least time for which an evaluation whose time has not come rests: after the
// system's clock was set back ours stands still, and there would be as little left each time.
const leastWait = 10 * time.Millisecond

// inTime makes an evaluation ready when its time has come. Before that, nothing may come of it but
// the same look at the same time.
func (b *Broker) inTime(it *item) {
	if wait := it.eval.WaitUntil.Std().Sub(b.config.Now()); wait > 0 {
		it.timer, it.changed = time.AfterFunc(max(wait, leastWait), func() { b.endDelay(it) }), false
		return
	}
	b.makeReady(it)
}

// makeReady puts an evaluation into the queue. What it is now is what will be delivered.
func (b *Broker) makeReady(it *item) {
	it.timer, it.changed = nil, false
	b.queue.add(it)
	b.signal()
}

// delay is how long to rest after an evaluation was given back and had been that often before.
func (b *Broker) delay(before int) time.Duration {
	d := b.config.NackDelay
	for ; before > 0 && d < b.config.MaxNackDelay; before-- {
		d *= 2
	}
	return min(d, b.config.MaxNackDelay)
}

// expire takes an evaluation from a worker that did not answer in time.
func (b *Broker) expire(it *item, token Token) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.release(it.eval.ID, token, 0); err != nil {
		return // answered at the last moment
	}
	b.config.Logger.Warn("a worker did not answer for its evaluation in time", "eval", it.eval.ID, "job", it.eval.Job)
	b.makeReady(it)
}

// endDelay makes an evaluation that has rested ready, unless the clock went slower than the timer.
func (b *Broker) endDelay(it *item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.isClosed() && b.items[it.eval.ID] == it { // else it was forgotten at the last moment
		b.inTime(it)
	}
}
