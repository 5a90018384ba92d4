package control

import "github.com/gantry-project/gantry/structs"

// Drains hears from ingress instances which draining targets have open requests. server implements
// it.
type Drains interface {
	// Report takes an instance's newest report. It fails if this server does not lead.
	Report(instance string, report structs.DrainReport) error
}

// ReportDrains takes a report of an ingress instance, on the leader.
func (c *Control) ReportDrains(instance string, report structs.DrainReport) error {
	if c.config.Drains == nil {
		return nil
	}
	return c.config.Drains.Report(instance, report)
}
