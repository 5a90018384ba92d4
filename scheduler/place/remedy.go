package place

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/structs/query"
)

// remedy returns the smallest change that would let one more task run. It changes the instance that
// violates the fewest rules; among those, the one that got furthest through the filters and lacks
// the least there. It is empty if no instance can be changed so that it takes the task.
func remedy(a *ask, short []*shortfall) string {
	changeable := slices.DeleteFunc(slices.Clone(short), func(s *shortfall) bool { return !s.changeable(a) })
	if len(changeable) == 0 {
		return ""
	}
	return slices.MinFunc(changeable, func(x, y *shortfall) int {
		return cmp.Or(cmp.Compare(x.rules, y.rules), cmp.Compare(y.first, x.first), slices.Compare(x.missing[:], y.missing[:]),
			cmp.Compare(x.host.Instance.ID, y.host.Instance.ID))
	}).remedy(a)
}

// changeable reports whether some change would let the instance take the task.
func (s *shortfall) changeable(a *ask) bool {
	for rule, f := range filters() {
		if s.missing[rule] > 0 && (f.change == nil || f.change(a, s.host) == "") {
			return false
		}
	}
	return true
}

func (s *shortfall) remedy(a *ask) string {
	var changes []string
	for rule, f := range filters() {
		if s.missing[rule] > 0 {
			changes = append(changes, f.change(a, s.host))
		}
	}
	text := strings.Join(changes, " and ") + " on container instance " + s.host.Instance.ID
	if zone := s.host.Instance.Zone; zone != "" {
		text += " in zone " + zone
	}
	return text
}

// newInstance describes a new instance that would take the task.
func (a *ask) newInstance() string {
	var has []string
	if a.need.CPU > 0 {
		has = append(has, fmt.Sprintf("%d CPU units", a.need.CPU))
	}
	if a.need.Memory > 0 {
		has = append(has, fmt.Sprintf("%d MiB of memory", a.need.Memory))
	}
	if a.need.GPUs > 0 {
		has = append(has, structs.Counted(a.need.GPUs, "GPU"))
	}
	for _, p := range a.need.Ports {
		has = append(has, fmt.Sprintf("port %d/%s", p.Number, p.Protocol))
	}
	var text string
	if a.provider != nil {
		text = a.provider.newInstance()
	}
	if len(has) > 0 {
		text += " with " + strings.Join(has, ", ") + " free"
	}
	var satisfies []*query.Expression
	if a.need.Addresses > 0 {
		satisfies = append(satisfies, newMember("attribute:"+structs.AttributeTaskENI+" exists").parsed)
	}
	if a.architecture != "" {
		satisfies = append(satisfies, newMember("attribute:"+attributeArchitecture+" == "+a.architecture).parsed)
	}
	for _, name := range a.capabilities {
		satisfies = append(satisfies, newMember("attribute:"+name+" exists").parsed)
	}
	for _, m := range a.members {
		satisfies = append(satisfies, m.parsed)
	}
	satisfies = slices.DeleteFunc(satisfies, func(e *query.Expression) bool { return e == nil })
	if len(satisfies) > 0 {
		text += " that satisfies " + query.All(satisfies...).String()
	}
	return text
}
