package agent

import (
	"context"
	"path/filepath"

	"github.com/gantry-project/gantry/agent/sink"
)

// ship begins to ship the output of containers to the sinks.
func (a *Agent) ship(ctx context.Context) error {
	for _, s := range a.cfg.LogSinks {
		shipper, err := sink.New(sink.Config{
			Store: a.logs, Target: s.Open(), Name: s.Name, AwslogsOnly: s.AwslogsOnly, Interval: s.Interval,
			File: filepath.Join(a.cfg.DataDir, "agent", "sinks", s.Name+".json"), Logger: a.log,
		})
		if err != nil {
			return err
		}
		a.work.Go(func() { shipper.Run(ctx) })
	}
	return nil
}
