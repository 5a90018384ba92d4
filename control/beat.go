package control

import "time"

// Beat records that the agent of an instance is alive. It returns the age of the newest beat that
// the leader knows. It fails if the agent should beat at another server.
func (c *Control) Beat(instance string) (age time.Duration, err error) {
	return c.config.Beat(instance)
}
