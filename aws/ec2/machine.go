package ec2

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// machine is a container instance as EC2 shows it: an instance with one of its network interfaces,
// which is the machine's own or that of an awsvpc task.
type machine struct {
	*structs.ContainerInstance
	id      string // i-…
	account string
	tags    []structs.Tag
	task    *structs.Task // nil: the interface is the machine's own
	subnet  string        // of the task
}

// machines returns the machines of all clusters, in the order of their ids.
func (c *call) machines(ctx context.Context) ([]*machine, error) {
	state, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	return c.machinesOf(state), nil
}

// machinesOf returns the machines of a state. A machine that was registered twice is shown as it is
// now: an INACTIVE row does not hide an active one.
func (c *call) machinesOf(v view) []*machine {
	found := map[string]*machine{}
	for cluster := range v.Clusters() {
		for i := range v.Instances(cluster.Name) {
			m := &machine{ContainerInstance: i, id: i.EC2ID(), account: c.account}
			if has := found[m.id]; has == nil || has.terminated() || !m.terminated() {
				m.tags = v.Tags(structs.InstanceKey(i.Cluster, i.ID))
				found[m.id] = m
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *machine) int { return cmp.Compare(a.id, b.id) })
}

// terminated reports whether the instance is deregistered. It is shown until Gantry forgets it, as
// EC2 shows terminated instances for a while.
func (m *machine) terminated() bool { return m.Status == structs.InstanceInactive }

// address returns the IP address of the interface; empty if none is known, or if the machine is
// terminated.
func (m *machine) address() string {
	switch {
	case m.task != nil:
		return m.task.Address
	case m.terminated():
		return ""
	}
	return m.Address
}

// hostName returns the name of the machine; empty if only its identity document is known, and for
// the interface of a task.
func (m *machine) hostName() string {
	if m.Name == m.id || m.task != nil {
		return ""
	}
	return m.Name
}

// derived returns an id for another EC2 resource of an instance, made from the instance's id.
func (m *machine) derived(prefix string) string { return prefix + strings.TrimPrefix(m.id, "i-") }

func (m *machine) interfaceID() string {
	if m.task != nil {
		return structs.TaskInterfaceID(m.task.ID)
	}
	return m.derived("eni-")
}

func (m *machine) attachmentID() string {
	return "eni-attach-" + strings.TrimPrefix(m.interfaceID(), "eni-")
}

func (m *machine) reservationID() string { return m.derived("r-") }

// stateCodes has EC2's codes for the states that exist here. An instance whose agent is not heard
// counts as running.
var stateCodes = map[string]int32{"running": 16, "terminated": 48}

func (m *machine) state() string {
	if m.terminated() {
		return "terminated"
	}
	return "running"
}

// The attributes that EC2 has members for.
const (
	attributeType         = "ecs.instance-type"
	attributeImage        = "ecs.ami-id"
	attributeArchitecture = "ecs.cpu-architecture"
)

func (m *machine) attribute(name string) string {
	value, _ := m.Attribute(name)
	return value
}

// architecture returns the CPU's architecture by EC2's name.
func (m *machine) architecture() string {
	if a := m.attribute(attributeArchitecture); a != "aarch64" {
		return a
	}
	return "arm64"
}

// named returns the machines whose ids a request names, or all if it names none. The codes are
// EC2's, for an id that is malformed and for one that does not exist.
func named(machines []*machine, ids []string, prefix, what string, malformed, missing string, id func(*machine) string) ([]*machine, error) {
	if len(ids) == 0 {
		return machines, nil
	}
	byID := map[string]*machine{}
	for _, m := range machines {
		byID[id(m)] = m
	}
	var found []*machine
	var gone []string
	for _, asked := range ids {
		switch m := byID[asked]; {
		case m != nil:
			found = append(found, m)
		case !isID(asked, prefix):
			return nil, refusal(malformed, "Invalid id: \"%.100s\"", asked)
		default:
			gone = append(gone, asked)
		}
	}
	switch len(gone) {
	case 0:
		slices.SortFunc(found, func(a, b *machine) int { return cmp.Compare(id(a), id(b)) })
		return slices.Compact(found), nil
	case 1:
		return nil, refusal(missing, "The %s ID '%s' does not exist", what, gone[0])
	}
	return nil, refusal(missing, "The %s IDs '%s' do not exist", what, strings.Join(gone, ", "))
}

// isID reports whether a text has the form of an EC2 id: a prefix, and 8 or 17 hex digits.
func isID(text, prefix string) bool {
	digits, ok := strings.CutPrefix(text, prefix)
	return ok && (len(digits) == 8 || len(digits) == 17) && strings.Trim(digits, "0123456789abcdef") == ""
}
