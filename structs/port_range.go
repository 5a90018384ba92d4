package structs

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// maxPortRanges is ECS's limit of ranges of ports in one container.
const maxPortRanges = 100

// ParsePortRange reads "8080-8090", or "8080" for a range of one.
func ParsePortRange(text string) (first, last int, err error) {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	first, firstErr := strconv.Atoi(from)
	last, lastErr := strconv.Atoi(to)
	if firstErr != nil || lastErr != nil || first < 1 || last > 65535 || last < first {
		return 0, 0, fmt.Errorf("%q is not a range of ports from 1 to 65535, like 8080-8090", text)
	}
	return first, last, nil
}

// validatePortRanges checks ECS's rules for containerPortRange: bridge or awsvpc, at most a hundred
// ranges in a container, the first port below the last, and each port in one mapping only.
func (d *TaskDefinition) validatePortRanges() *Error {
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		ranges := 0
		for n, m := range c.PortMappings {
			if m.ContainerPortRange == "" {
				continue
			}
			ranges++
			if d.NetworkMode == NetworkHost || d.NetworkMode == NetworkNone {
				return c.invalid("'portMappings.containerPortRange' is not supported when networkMode=%s; use bridge or awsvpc.", d.NetworkMode)
			}
			first, last, err := ParsePortRange(m.ContainerPortRange)
			if err != nil || first == last {
				return c.invalid("'portMappings.containerPortRange' is %q; it must be two ports from 1 to 65535, the lower first, like 8080-8090.", m.ContainerPortRange)
			}
			for at, other := range c.PortMappings {
				if at != n && other.overlaps(first, last, m.Protocol) {
					return c.invalid("'portMappings.containerPortRange' %s overlaps another port mapping; a port can be in one mapping of a container only.", m.ContainerPortRange)
				}
			}
		}
		if ranges > maxPortRanges {
			return c.invalid("It has %d 'portMappings.containerPortRange'; it can have at most %d.", ranges, maxPortRanges)
		}
	}
	return nil
}

// overlaps reports whether a mapping has one of the container ports from first to last.
func (m PortMapping) overlaps(first, last int, protocol string) bool {
	from, to := int(deref(m.ContainerPort)), int(deref(m.ContainerPort))
	if m.ContainerPortRange != "" {
		from, to, _ = ParsePortRange(m.ContainerPortRange)
	}
	return from <= last && first <= to && cmp.Or(m.Protocol, "tcp") == cmp.Or(protocol, "tcp")
}
