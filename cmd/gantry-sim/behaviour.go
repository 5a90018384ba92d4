package main

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
)

// behaviour is how the simulated containers of all agents behave, and counts what they do.
type behaviour struct {
	startDelay  time.Duration
	failureRate float64 // of starts, 0 to 1
	exitRate    float64 // of the running containers, in a minute
	cpus        int
	memory      int64 // MiB

	running, failed, exited atomic.Int64
}

// exitCode is the code of containers that end by themselves, and of no others.
const exitCode = 1

// engine makes the container engine of one simulated machine.
func (b *behaviour) engine(host string) *fake.Engine {
	return fake.New(fake.Config{
		Info: runtime.Info{
			Version: "simulated", Hostname: host, CPUs: b.cpus, Memory: b.memory,
			OSType: "linux", Architecture: "x86_64", LogDrivers: []string{"json-file"},
		},
		Image: b.image,
		Call: func(ctx context.Context, c fake.Call) error {
			err := c.Make(ctx)
			if _, refused := err.(*runtime.Error); refused {
				b.failed.Add(1)
			}
			return err
		},
		Started: func(runtime.ContainerState) { b.running.Add(1) },
		Ended: func(c runtime.ContainerState) {
			b.running.Add(-1)
			if c.ExitCode == exitCode {
				b.exited.Add(1)
			}
		},
	})
}

// image draws how the container that is started next behaves.
func (b *behaviour) image(string) fake.Image {
	image := fake.Image{StartDelay: b.startDelay, ExitCode: exitCode}
	if rand.Float64() < b.failureRate {
		image.StartError = "simulated failure"
	}
	if b.exitRate > 0 {
		image.RunsFor = time.Duration(rand.ExpFloat64() * float64(time.Minute) / b.exitRate)
	}
	return image
}
