package cgroup

import (
	"github.com/opencontainers/cgroups"

	"github.com/gantry-project/gantry/structs"
)

const (
	unitsPerCPU = 1024
	mebibyte    = 1 << 20
	// period is the time, in microseconds, in which a task may use its quota (ECS's and Linux's
	// default), and minQuota the smallest quota that Linux takes.
	period   = 100_000
	minQuota = 1_000
	// The ranges of cpu.shares (version 1) and cpu.weight (version 2).
	minShares, maxShares = 2, 262_144
	minWeight, maxWeight = 1, 10_000
)

// amounts are the limits of a task.
type amounts struct {
	cpu    int64 // units that it may use at most; zero: any
	units  int64 // what it gets beside others
	memory int64 // MiB; zero: no limit
	pids   int64 // zero: no limit
}

// amountsOf returns the limits of a task. As in ECS, one without cpu has no quota, and counts with
// the sum of its containers' cpu. A container without cpu counts with the least there is.
func amountsOf(as structs.Assignment, pids int64) amounts {
	a := amounts{pids: pids}
	a.cpu, a.memory = as.Definition.Limits(as.Overrides)
	if a.units = a.cpu; a.units == 0 {
		for _, c := range as.Definition.ContainerDefinitions {
			a.units += max(minShares, int64(c.WithOverride(as.Overrides).Cpu))
		}
	}
	return a
}

// resources returns limits in the terms of the library.
func (m *Machine) resources(a amounts) *cgroups.Resources {
	r := &cgroups.Resources{SkipDevices: true, Memory: a.memory * mebibyte}
	if a.cpu > 0 {
		r.CpuPeriod, r.CpuQuota = period, max(minQuota, a.cpu*period/unitsPerCPU)
	}
	if m.v2 {
		r.CpuWeight = m.weight(a.units)
	} else {
		r.CpuShares = uint64(min(max(a.units, minShares), maxShares))
	}
	if a.pids > 0 {
		r.PidsLimit = &a.pids
	}
	return r
}

// weight returns a task's part of the machine's processors in ten-thousandths. So the weights of
// two tasks are to each other as their units are. Container runtimes use formulas that are not
// linear (runc since 1.3.2 and 1.4.0), which only matter among the containers of a task.
func (m *Machine) weight(units int64) uint64 {
	whole := int64(m.cpus) * unitsPerCPU
	return uint64(min(max((units*maxWeight+whole/2)/whole, minWeight), maxWeight))
}
