package cluster

import "time"

// freeze stops the process of a host for a while.
func (h *faults) freeze(host string) (mend func()) {
	if h.Network.Frozen(host) {
		return nil
	}
	h.t.Logf("%s freezes", host)
	h.Freeze(host)
	return func() {
		h.t.Logf("%s goes on", host)
		h.Thaw(host)
	}
}

// hangEngine stops the container engine of an agent for a while.
func (h *faults) hangEngine() (mend func()) {
	host := h.anyAgent()
	a := h.Agent(host)
	if a == nil || a.Instance() == "" {
		return nil
	}
	instance := a.Instance()
	h.t.Logf("the engine of %s hangs", host)
	h.Engine.Hang(instance)
	return func() {
		h.t.Logf("the engine of %s goes on", host)
		h.Engine.Resume(instance)
	}
}

// setClock changes the clock of a host and later sets it right. It is wrong by a little, as on
// machines that ask no time server, or by much, as when a person mistypes; by less than the time
// for which stopped tasks are kept.
func (h *faults) setClock() (mend func()) {
	host := h.anyHost()
	most := []time.Duration{2 * time.Second, time.Minute, 10 * time.Minute}[h.number(3)]
	ahead := time.Duration(h.number(int(2*most))) - most
	h.t.Logf("the clock of %s is %s ahead", host, ahead)
	h.SetClock(host, ahead)
	return func() {
		h.t.Logf("the clock of %s is right", host)
		h.SetClock(host, 0)
	}
}
