package control

import "time"

// Beat notes that the agent of an instance is there. It returns how long ago the newest beat was
// that the leader has heard of. It fails where the agent is to beat at another server.
func (c *Control) Beat(instance string) (age time.Duration, err error) {
	return c.config.Beat(instance)
}
