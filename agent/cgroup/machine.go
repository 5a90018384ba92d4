package cgroup

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"

	"github.com/opencontainers/cgroups"
	"golang.org/x/sys/unix"

	"github.com/gantry-project/gantry/agent/runtime"
)

// The cgroup drivers of engines.
const (
	driverSystemd  = "systemd"
	driverCgroupfs = "cgroupfs"
)

// Config describes the machine and the engine whose containers are limited.
type Config struct {
	Engine runtime.Info
	// TaskPIDs is how many processes and threads a task may have; zero: any number.
	TaskPIDs int64
	Logger   *slog.Logger
}

// Machine makes cgroups for the tasks of one engine.
type Machine struct {
	cpus    int
	pids    int64
	systemd bool // the engine's driver
	v2      bool
	why     error // why this process cannot make cgroups for the engine; nil: it can
	log     *slog.Logger
}

// Open finds out whether this process can make cgroups that the engine then uses. If it cannot, it
// logs why, and each container gets its task's limits as its own.
func Open(c Config) *Machine {
	m := &Machine{
		cpus: max(1, c.Engine.CPUs), pids: c.TaskPIDs, log: c.Logger,
		systemd: c.Engine.CgroupDriver == driverSystemd,
		v2:      cgroups.IsCgroup2UnifiedMode(),
	}
	if m.why = m.usable(c.Engine); m.why == nil {
		m.why = m.try()
	}
	if m.why != nil {
		m.log.Warn("tasks get no cgroups of their own: cpu and memory of a task limit each of its containers, "+
			"not all of them together", "reason", m.why)
	}
	return m
}

// usable returns why cgroups that this process makes would not be the engine's.
func (m *Machine) usable(engine runtime.Info) error {
	switch {
	case os.Geteuid() != 0:
		return errors.New("this agent does not run as root")
	case engine.Rootless:
		return errors.New("the engine is rootless")
	case engine.CgroupDriver != driverSystemd && engine.CgroupDriver != driverCgroupfs:
		return fmt.Errorf("the engine's cgroup driver is %q", engine.CgroupDriver)
	}
	if own := m.version(); engine.CgroupVersion != own {
		return fmt.Errorf("the engine has cgroup version %s, and this agent sees version %s", engine.CgroupVersion, own)
	}
	return elsewhere(engine)
}

func (m *Machine) version() string {
	if m.v2 {
		return "2"
	}
	return "1"
}

// elsewhere returns an error if the engine runs on another machine than this process, such as the
// virtual machine of Docker Desktop. Cgroups made here would then have no effect.
func elsewhere(engine runtime.Info) error {
	var uts unix.Utsname
	var info unix.Sysinfo_t
	if err := errors.Join(unix.Uname(&uts), unix.Sysinfo(&info)); err != nil {
		return err
	}
	host, kernel := unix.ByteSliceToString(uts.Nodename[:]), unix.ByteSliceToString(uts.Release[:])
	memory := int64(uint64(info.Totalram) * uint64(info.Unit) >> 20)
	if host != engine.Hostname || kernel != engine.Kernel || memory != engine.Memory {
		return fmt.Errorf("the engine runs on another machine, or in another container, than this agent: "+
			"%s (kernel %s, %d MiB) and %s (kernel %s, %d MiB)", engine.Hostname, engine.Kernel, engine.Memory, host, kernel, memory)
	}
	return nil
}

// try makes a cgroup with limits and removes it.
func (m *Machine) try() error {
	probe := group{root, "probe" + strconv.Itoa(os.Getpid())}
	err := m.create(probe, m.resources(amounts{cpu: 1024, units: 1024, memory: 64, pids: m.pids}))
	return errors.Join(err, m.remove(probe))
}
