package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/internal/wholefile"
)

// Release removes the pause of a task, and with its namespaces the interface and the routes.
func (n *Network) Release(ctx context.Context, id string) error {
	err := n.engine.RemovePause(ctx, runtime.PauseName(id))
	n.mu.Lock()
	defer n.mu.Unlock()
	if a := n.attached[id]; a.IsValid() && n.router != nil {
		err = errors.Join(err, n.router.guard(id, a, nil, true, n.all))
	}
	delete(n.attached, id)
	delete(n.lost, id)
	return err
}

// Sweep removes the pauses that belong to no task and are not spare, and what in the router belongs
// to no task: the namespace of a pause lives on while a container is in it.
func (n *Network) Sweep(ctx context.Context, holds func(task string) bool) error {
	if err := n.look(ctx); err != nil {
		return err
	}
	n.pool.dropDead()
	attached := n.attachedTasks()
	pauses, _, err := n.engine.ListPauses(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, p := range pauses {
		if t := p.Task(); t == "" && n.pool.has(p.Name) || t != "" && holds(t) {
			continue
		}
		// by its name: a spare one may have become a task's since it was listed
		failed = errors.Join(failed, n.engine.RemovePause(ctx, p.Name))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, task := range attached { // events may have been missed
		_, still := n.attached[task]
		runs := slices.ContainsFunc(pauses, func(p runtime.Pause) bool { return p.Running && p.Task() == task })
		if still && !runs && n.lost[task] == "" {
			n.lost[task] = pauseDied
		}
	}
	if n.router != nil {
		failed = errors.Join(failed, n.router.sweep(holds))
	}
	return failed
}

func (n *Network) attachedTasks() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Collect(maps.Keys(n.attached))
}

// sweep removes the links of tasks that are not held. Their routes go with them. A link whose alias
// is not its task was being made when an agent was killed.
func (r *router) sweep(holds func(task string) bool) error {
	links, err := r.inside.LinkList()
	if err != nil {
		return fmt.Errorf("list the links of tasks: %w", err)
	}
	kept := map[string]bool{}
	for _, link := range links {
		is := link.Attrs()
		kept[is.Name] = is.Alias != "" && is.Name == linkOf(is.Alias) && holds(is.Alias)
		if link.Type() == "veth" && is.Name != machineLink && !kept[is.Name] {
			err = errors.Join(err, r.inside.LinkDel(link))
		}
	}
	return errors.Join(err, r.dropGuards(kept))
}

// RemoveAll removes everything of the instance: pauses, router, rules. No task may run any more.
func (n *Network) RemoveAll(ctx context.Context) error {
	n.closeRouter()
	return removeInstance(ctx, n.engine, n.tag)
}

// removeInstance removes the network of an instance. Each part may be missing.
func removeInstance(ctx context.Context, engine runtime.Pauses, tag string) error {
	pauses, _, err := engine.ListPauses(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, p := range pauses {
		failed = errors.Join(failed, engine.RemovePause(ctx, p.ID))
	}
	if _, err := os.Stat(notePath(tag)); errors.Is(err, os.ErrNotExist) {
		return failed // it had no router
	}
	machine, err := openSpace(ownSpace)
	if err != nil {
		return errors.Join(failed, err)
	}
	defer machine.close()
	if link, err := findLink(machine, linkName(tag)); err != nil {
		failed = errors.Join(failed, err)
	} else if link != nil { // with its routes
		failed = errors.Join(failed, machine.LinkDel(link))
	}
	failed = errors.Join(failed, dropFirewall(machine, tag), removeSpace(routerName(tag)))
	if failed == nil {
		if failed = os.Remove(notePath(tag)); errors.Is(failed, fs.ErrNotExist) { // another agent was first
			failed = nil
		}
	}
	return failed
}

// notesDir has a file for each instance with a router on this machine. It is gone after a reboot,
// as the routers are.
const notesDir = "/run/gantry/networks"

func notePath(tag string) string { return filepath.Join(notesDir, tag+".json") }

// note is where an instance with a router or an endpoint has its data.
type note struct {
	Instance string `json:"instance"`
	DataDir  string `json:"dataDir"`
	Endpoint string `json:"endpoint,omitzero"` // the name of its namespace; not of routers
	Resolver string `json:"resolver,omitzero"` // its own address there
}

// noteRouter writes down that the instance has a router, before it has one.
func (n *Network) noteRouter() error {
	dir, err := filepath.Abs(n.cfg.DataDir)
	if err != nil {
		return err
	}
	text, err := json.Marshal(note{Instance: n.cfg.Instance, DataDir: dir})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(notesDir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(notePath(n.tag), text, 0o644)
}

// removeForgotten removes the networks of instances whose data directory was thrown away, so that
// no agent will come back for them. Their containers lose their network; the servers may give their
// addresses to others.
func (n *Network) removeForgotten(ctx context.Context) {
	entries, err := os.ReadDir(notesDir)
	if err != nil {
		return // none had a router
	}
	for _, e := range entries {
		tagged := strings.TrimSuffix(e.Name(), ".json")
		text, err := os.ReadFile(filepath.Join(notesDir, e.Name()))
		var of note
		if err != nil || json.Unmarshal(text, &of) != nil || tagged == n.tag || tag(of.Instance) != tagged || owned(of) {
			continue
		}
		n.log.Info("removing the task network of an instance whose data directory is gone", "instance", of.Instance, "dataDir", of.DataDir)
		if err := removeInstance(ctx, n.cfg.Engine(of.Instance), tagged); err != nil {
			n.log.Warn("cannot remove the task network of an instance whose data directory is gone", "error", err)
		}
	}
}

// owned reports whether the data directory of an instance still is that instance's, or cannot be
// read.
func owned(of note) bool {
	text, err := wholefile.Read(filepath.Join(of.DataDir, "agent", "instance.json"))
	var is struct {
		Instance string `json:"instance"`
	}
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		return false
	case err != nil, json.Unmarshal(text, &is) != nil:
		return true
	}
	return is.Instance == of.Instance
}
