package control_test

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

func TestNoLeader(t *testing.T) {
	c := singlenode.New(t)
	c.AddInstance(t, structs.DefaultCluster, 4096, 8192)
	define(t, c.Control, "web")
	for name, call := range map[string]func() error{
		"RunTask":  func() error { _, err := c.Control.RunTask(t.Context(), job(1)); return err },
		"StopTask": func() error { _, err := c.Control.StopTask(t.Context(), structs.DefaultCluster, "0", ""); return err },
		"Delete":   func() error { _, _, err := c.Control.DeleteTaskDefinitions(t.Context(), []string{"web:1"}); return err },
		"Create":   func() error { _, err := c.Control.CreateCluster(t.Context(), structs.Cluster{}, nil); return err },
	} {
		t.Run(name, func(t *testing.T) {
			c.Outage(1)
			expectError(t, call(), structs.KindUnavailable, "try again")
		})
	}
}
