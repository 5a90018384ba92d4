package broker

import "time"

// leastWait is the shortest delay of an evaluation whose time has not come. After the system's
// clock was set back Now stands still, and the timer would otherwise fire at once, again and again.
const leastWait = 10 * time.Millisecond

// inTime makes an evaluation ready if its time has come; otherwise it delays it until then. A
// change before that can only ask for the same look at the same time.
func (b *Broker) inTime(it *item) {
	if wait := it.eval.WaitUntil.Std().Sub(b.config.Now()); wait > 0 {
		it.timer, it.changed = time.AfterFunc(max(wait, leastWait), func() { b.endDelay(it) }), false
		return
	}
	b.makeReady(it)
}

// makeReady puts an evaluation into the queue. It is delivered as it is now, so no earlier change
// is left to deliver.
func (b *Broker) makeReady(it *item) {
	it.timer, it.changed = nil, false
	b.queue.add(it)
	b.signal()
}

// delay returns the delay of an evaluation that was given back, and had been this many times
// before.
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
		return // it answered at the last moment
	}
	b.config.Logger.Warn("a worker did not answer for its evaluation in time", "eval", it.eval.ID, "job", it.eval.Job)
	b.makeReady(it)
}

// endDelay makes a delayed evaluation ready, unless Now is behind the timer.
func (b *Broker) endDelay(it *item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.isClosed() && b.items[it.eval.ID] == it { // otherwise it was forgotten at the last moment
		b.inTime(it)
	}
}
