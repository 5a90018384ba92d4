package state

import "github.com/gantry-project/gantry/structs"

var serviceEvents = Declare(Declaration[structs.ServiceEvents]{
	Table: 11, Name: "services with events",
	Less: func(a, b *structs.ServiceEvents) bool { return a.Job < b.Job },
})

// ServiceEvents returns the events of a service. It is never nil.
func (s *Snapshot) ServiceEvents(job string) *structs.ServiceEvents {
	if e := serviceEvents.get(s, &structs.ServiceEvents{Job: job}); e != nil {
		return e
	}
	return &structs.ServiceEvents{Job: job}
}

// PutServiceEvents sets all events of a service.
func (tx *Tx) PutServiceEvents(e *structs.ServiceEvents) { serviceEvents.put(tx, e) }

// RemoveServiceEvents removes the events of a service.
func (tx *Tx) RemoveServiceEvents(job string) {
	serviceEvents.remove(tx, &structs.ServiceEvents{Job: job})
}
