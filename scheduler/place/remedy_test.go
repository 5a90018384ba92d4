package place

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/structs/query"
)

// TestRemedyWorks: with the remedy applied literally, one more task is placed.
func TestRemedyWorks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		found := s.find(t)
		if len(found.Instances) == s.wanted() {
			return
		}
		s.apply(t, found.Remedy)
		again := s.find(t)
		if len(again.Instances) <= len(found.Instances) {
			t.Fatalf("%d placed before, %d after: %s", len(found.Instances), len(again.Instances), found.Remedy)
		}
	})
}

var (
	onInstance = regexp.MustCompile(`^(.+) on container instance (\S+)$`)
	oneMore    = regexp.MustCompile(`^one more container instance(?: with (.+) free)?(?: that satisfies (.+))?$`)
	portNumber = regexp.MustCompile(`port (\d+)/(tcp|udp)`)
)

// apply applies a remedy to the scene.
func (s *scene) apply(t *rapid.T, remedy string) {
	if m := oneMore.FindStringSubmatch(remedy); m != nil {
		s.instances = append(s.instances, newInstance(t, m[1], m[2]))
		return
	}
	m := onInstance.FindStringSubmatch(remedy)
	if m == nil {
		t.Fatalf("unknown remedy %q", remedy)
	}
	i := s.instances[slices.IndexFunc(s.instances, func(i *structs.ContainerInstance) bool { return i.ID == m[2] })]
	for change := range strings.SplitSeq(m[1], " and ") {
		var n int64
		if _, err := fmt.Sscanf(change, "%d MiB more memory", &n); err == nil {
			i.Registered.Memory += n
		} else if _, err := fmt.Sscanf(change, "%d more CPU units", &n); err == nil {
			i.Registered.CPU += n
		} else if _, err := fmt.Sscanf(change, "%d more GPU", &n); err == nil {
			addGPUs(i, int(n))
		} else if change == "a connected agent" {
			i.AgentConnected = true
		} else if change == "a container engine that answers" {
			i.Runtime.Status = structs.HealthOK
		} else if strings.HasPrefix(change, "a stay until ") {
			i.HeldUntil = 0
		} else if change == "the agent's flag --allow-privileged" {
			i.Attributes = append(i.Attributes, structs.Attribute{Name: structs.AttributePrivileged})
		} else if change == "the agent's flag --any-architecture" {
			i.Attributes = append(i.Attributes, structs.Attribute{Name: structs.AttributeAnyArchitecture})
		} else if change == "status ACTIVE" {
			i.Status = "ACTIVE"
		} else if free := portsOf(change); free != nil {
			taken := func(p structs.Port) bool { return slices.Contains(free, p) }
			i.Registered.Ports = slices.DeleteFunc(slices.Clone(i.Registered.Ports), taken)
			for _, task := range s.tasks {
				if task.Instance == i.ID {
					task.Ports = slices.DeleteFunc(slices.Clone(task.Ports), taken)
				}
			}
		} else {
			t.Fatalf("unknown change %q", change)
		}
	}
}

// portsOf returns the ports that a text names.
func portsOf(text string) (list []structs.Port) {
	for _, m := range portNumber.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1])
		list = append(list, structs.Port{Number: uint16(n), Protocol: m[2]})
	}
	return list
}

// newInstance returns an instance with no more than a remedy asks for.
func newInstance(t *rapid.T, free, satisfies string) *structs.ContainerInstance {
	i := &structs.ContainerInstance{ID: "new", Cluster: "default", Status: "ACTIVE", AgentConnected: true}
	for amount := range strings.SplitSeq(free, ", ") {
		var n int64
		if _, err := fmt.Sscanf(amount, "%d CPU units", &n); err == nil {
			i.Registered.CPU = n
		}
		if _, err := fmt.Sscanf(amount, "%d MiB of memory", &n); err == nil {
			i.Registered.Memory = n
		}
		if _, err := fmt.Sscanf(amount, "%d GPU", &n); err == nil {
			addGPUs(i, int(n))
		}
	}
	for _, name := range []string{"ecs.availability-zone", "rack"} {
		i.Attributes = append(i.Attributes, structs.Attribute{Name: name, Value: "a"})
	}
	i.Attributes = append(i.Attributes, structs.Attribute{Name: "ecs.cpu-architecture", Value: "arm64"})
	if strings.Contains(satisfies, structs.AttributePrivileged) {
		i.Attributes = append(i.Attributes, structs.Attribute{Name: structs.AttributePrivileged})
	}
	if satisfies != "" {
		e, err := query.Parse(satisfies)
		if err != nil || !e.Match(&structs.QuerySubject{Instance: i, Usage: &structs.Usage{}}) {
			t.Fatalf("%s: %v", satisfies, err)
		}
	}
	return i
}

func addGPUs(i *structs.ContainerInstance, n int) {
	i.GPUs = slices.Clone(i.GPUs)
	for range n {
		i.GPUs = append(i.GPUs, fmt.Sprint("more", len(i.GPUs)))
	}
}
