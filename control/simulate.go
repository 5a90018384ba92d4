package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Simulator returns what would happen if commands were applied to a state at a time. Nothing is
// applied.
type Simulator interface {
	Simulate(snap *state.Snapshot, commands []structs.Command, now structs.Time) (*structs.Simulation, error)
}

// maxAdded is the maximum number of instances that a scenario adds, so that a mistyped number does
// not keep a server busy.
const maxAdded = 10_000

// Simulate returns what would happen to a cluster in a scenario: which tasks the scheduler would
// place, stop and move, and which would find no place, and why. job is the parsed in.Job, or nil.
func (c *Control) Simulate(ctx context.Context, in structs.Scenario, job *structs.JobSpec) (*structs.Simulation, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if job != nil && in.Cluster != "" && in.Cluster != job.Cluster {
		return nil, structs.Errorf(structs.KindInvalidParameter, "cluster: the scenario is of cluster %s and its job of cluster %s; one scenario is of one cluster",
			in.Cluster, job.Cluster)
	}
	if job != nil {
		in.Cluster = job.Cluster
	}
	in.Cluster = cmp.Or(in.Cluster, structs.DefaultCluster)
	if _, err := activeCluster(snap, in.Cluster); err != nil {
		return nil, err
	}
	commands, err := c.scenarioCommands(snap, &in)
	if err != nil {
		return nil, err
	}
	what := happening(&in)
	if job != nil {
		change, err := c.changeJob(snap, job, c.mintJobIDs(ctx), c.Now())
		if err != nil {
			return nil, err
		}
		commands = append(commands, change.commands...)
		what = append(what, "running job "+job.Name)
	}
	if len(what) == 0 {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"the scenario is empty: give drain, lose, loseZones, add or job (gantry plan: --drain, --lose, --lose-zone, --add, --job)")
	}
	return c.simulate(snap, in.Cluster, commands, strings.Join(what, ", "))
}

// simulate returns what would happen if commands were applied for one cluster. what describes them
// in words, such as "losing zone a".
func (c *Control) simulate(snap *state.Snapshot, cluster string, commands []structs.Command, what string) (*structs.Simulation, error) {
	all, err := c.config.Simulator.Simulate(snap, commands, c.Now())
	if err != nil {
		return nil, err
	}
	out := all.In(cluster)
	out.Summary = summary(what, out)
	return out, nil
}

// scenarioCommands turns a scenario into the commands that the log would have if it happened:
// instances that drain become DRAINING, lost ones lose their agents and become INACTIVE, added ones
// register and their agents connect.
func (c *Control) scenarioCommands(snap *state.Snapshot, in *structs.Scenario) ([]structs.Command, error) {
	at := c.Now()
	drained, err := resolveInstances(snap, in.Cluster, "drain", in.Drain)
	if err != nil {
		return nil, err
	}
	lost, err := resolveInstances(snap, in.Cluster, "lose", in.Lose)
	if err != nil {
		return nil, err
	}
	inZones, err := instancesOfZones(snap, in.Cluster, in.LoseZones)
	if err != nil {
		return nil, err
	}
	var commands []structs.Command
	if len(drained) > 0 {
		commands = append(commands, structs.SetInstanceStatus{Instances: drained, Status: structs.InstanceDraining, At: at})
	}
	if lost = append(lost, inZones...); len(lost) > 0 {
		commands = append(commands, structs.SetAgentConnected{Instances: lost, At: at},
			structs.SetInstanceStatus{Instances: lost, Status: structs.InstanceInactive, At: at})
	}
	joining, err := c.addedInstances(snap, in)
	if err != nil {
		return nil, err
	}
	var joined []string
	for _, i := range joining {
		i.RegisteredAt = at
		commands = append(commands, structs.RegisterInstance{Instance: i, TaskNetwork: c.config.TaskNetwork})
		joined = append(joined, i.ID)
	}
	if len(joined) > 0 {
		commands = append(commands, structs.SetAgentConnected{Instances: joined, Connected: true, At: at})
	}
	return commands, nil
}

// resolveInstances returns the ids of instances that a caller named by id or name.
func resolveInstances(snap *state.Snapshot, cluster, field string, named []string) (ids []string, err error) {
	for _, name := range named {
		i, err := resolveInstance(snap, cluster, field, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, i.ID)
	}
	return ids, nil
}

func resolveInstance(snap *state.Snapshot, cluster, field, name string) (*structs.ContainerInstance, error) {
	if i := snap.Instance(name); i != nil && i.Cluster == cluster && i.Status != structs.InstanceInactive {
		return i, nil
	}
	var found []*structs.ContainerInstance
	for i := range snap.Instances(cluster) {
		if i.Name == name && i.Status != structs.InstanceInactive {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 0:
		return nil, structs.Errorf(structs.KindInvalidParameter,
			`%s: cluster %s has no container instance of the id or name %q ("gantry instance ls" lists those it has)`, field, cluster, name)
	case 1:
		return found[0], nil
	}
	var ids []string
	for _, i := range found {
		ids = append(ids, i.ID)
	}
	return nil, structs.Errorf(structs.KindInvalidParameter, "%s: %d container instances have the name %q; name one by its id: %s",
		field, len(found), name, strings.Join(ids, ", "))
}

// instancesOfZones returns the ids of all instances in zones.
func instancesOfZones(snap *state.Snapshot, cluster string, zones []string) (ids []string, err error) {
	if len(zones) == 0 {
		return nil, nil
	}
	known := map[string]bool{}
	for i := range snap.Instances(cluster) {
		if i.Status == structs.InstanceInactive {
			continue
		}
		known[i.Zone] = true
		if slices.Contains(zones, i.Zone) {
			ids = append(ids, i.ID)
		}
	}
	for _, z := range zones {
		if !known[z] {
			return nil, structs.Errorf(structs.KindInvalidParameter, "loseZones: cluster %s has no container instance in zone %q; its zones are: %s",
				cluster, z, strings.Join(sortedKeys(known), ", "))
		}
	}
	return ids, nil
}

// happening describes a scenario in words.
func happening(in *structs.Scenario) (parts []string) {
	list := func(verb, noun string, names []string) {
		if len(names) > 1 {
			noun += "s"
		}
		if len(names) > 0 {
			parts = append(parts, verb+" "+noun+" "+strings.Join(names, ", "))
		}
	}
	list("draining", "instance", in.Drain)
	list("losing", "instance", in.Lose)
	list("losing", "zone", in.LoseZones)
	for _, a := range in.Add {
		text := fmt.Sprintf("adding %s", structs.Counted(a.Count, "instance"))
		if a.Like != "" {
			text += " like " + a.Like
		}
		if a.Zone != "" {
			text += " in zone " + a.Zone
		}
		parts = append(parts, text)
	}
	return parts
}
