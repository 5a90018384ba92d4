package cgroup

import (
	"path/filepath"
	"time"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/cgroups/fscommon"
)

// A kill is counted a moment after it was announced. The count is read killReads times, killPause
// apart.
const (
	killReads = 5
	killPause = 10 * time.Millisecond
)

// KilledForMemory reports whether Linux killed a process of a container for lack of memory, after
// the engine has said so. With version 1, Linux tells all containers of a task when the task as a
// whole is out of memory, and engines then say it of each of them. But the count of each cgroup is
// its own. Version 2 tells only the container that lost a process.
func (l *Limits) KilledForMemory(task, container string) bool {
	if l.machine.why != nil || l.machine.v2 {
		return true
	}
	cg, err := l.machine.manager(l.group(task), &cgroups.Resources{SkipDevices: true})
	if err != nil {
		return true
	}
	if l.machine.systemd {
		container = "docker-" + container + ".scope"
	}
	dir := filepath.Join(cg.Path("memory"), container)
	for range killReads {
		kills, err := fscommon.GetValueByKey(dir, "memory.oom_control", "oom_kill")
		if err != nil || kills > 0 {
			return true // it has ended, or is not in the task's cgroup: the engine is believed
		}
		time.Sleep(killPause)
	}
	return false
}
