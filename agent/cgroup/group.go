package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/cgroups/manager"
)

// root is the cgroup that all cgroups of agents are in.
const root = "gantry"

// group names a cgroup by those that it is in and itself: gantry, INSTANCE, TASK.
type group []string

// errBusy means that there are processes in a group.
var errBusy = errors.New("there are processes in the cgroup")

// name returns the name of a group for the engine.
func (m *Machine) name(g group) string {
	if m.systemd {
		return strings.Join(g, "-") + ".slice"
	}
	return "/" + path.Join(g...)
}

// manager returns the manager of a group, whether the group exists or not.
func (m *Machine) manager(g group, r *cgroups.Resources) (cgroups.Manager, error) {
	config := &cgroups.Cgroup{Systemd: m.systemd, Resources: r}
	if m.systemd {
		config.Parent, config.Name = m.name(g[:len(g)-1]), m.name(g)
	} else {
		config.Path = m.name(g)
	}
	return manager.New(config)
}

// create makes a group exist with its limits.
func (m *Machine) create(g group, r *cgroups.Resources) error {
	cg, err := m.manager(g, r)
	if err != nil {
		return err
	}
	if err := cg.Apply(-1); err != nil {
		return fmt.Errorf("make the cgroup %s: %w", m.name(g), err)
	}
	if err := cg.Set(r); err != nil {
		return fmt.Errorf("set the limits of the cgroup %s: %w", m.name(g), err)
	}
	return nil
}

// remove removes a group and those in it. It is not an error if there is none. It fails with
// errBusy if there are processes: systemd would kill them.
func (m *Machine) remove(g group) error {
	cg, err := m.manager(g, &cgroups.Resources{SkipDevices: true})
	if err != nil {
		return err
	}
	if pids, err := cg.GetAllPids(); err == nil && len(pids) > 0 {
		return errBusy
	}
	return cg.Destroy()
}

// members returns the names of the groups in a group. With version 1 a group is one directory in
// each of several hierarchies, and a crash may have left some of them.
func (m *Machine) members(g group) (map[string]bool, error) {
	cg, err := m.manager(g, &cgroups.Resources{SkipDevices: true})
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, dir := range cg.GetPaths() {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		for _, entry := range entries {
			if entry.IsDir() {
				names[m.lastPart(entry.Name())] = true
			}
		}
	}
	return names, nil
}

// lastPart returns the last name of a group from the name of its directory.
func (m *Machine) lastPart(dir string) string {
	if m.systemd {
		dir = strings.TrimSuffix(dir, ".slice")
		return dir[strings.LastIndex(dir, "-")+1:]
	}
	return dir
}
