package server

import (
	"sync/atomic"

	"github.com/gantry-project/gantry/structs"
)

// leaderDrains passes reports to the leader's work, if this server leads.
type leaderDrains struct{ leader *atomic.Pointer[leadership] }

// Report implements control.Drains.
func (d leaderDrains) Report(instance string, report structs.DrainReport) error {
	l := d.leader.Load()
	if l == nil {
		return structs.ErrNoLeader()
	}
	l.drains.Report(instance, report)
	return nil
}
