package place

import (
	"math"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func TestFilters(t *testing.T) {
	tcp := func(numbers ...uint16) (ports []structs.Port) {
		for _, n := range numbers {
			ports = append(ports, structs.Port{Number: n, Protocol: "tcp"})
		}
		return ports
	}
	instance := func(change func(*structs.ContainerInstance)) structs.ContainerInstance {
		i := structs.ContainerInstance{
			ID: "i", Status: structs.InstanceActive, AgentConnected: true,
			Registered: structs.Resources{CPU: 1024, Memory: 1024, Ports: tcp(22)},
		}
		change(&i)
		return i
	}
	same := func(*structs.ContainerInstance) {}
	tests := []struct {
		name     string
		instance structs.ContainerInstance
		usage    structs.Usage
		need     structs.Resources
		reason   string // empty if it fits
		missing  int64
		room     int
	}{
		{"status active", instance(same), structs.Usage{}, structs.Resources{Memory: 1024}, "", 0, 1},
		{"status draining", instance(func(i *structs.ContainerInstance) { i.Status = structs.InstanceDraining }),
			structs.Usage{}, structs.Resources{}, structs.FailInactive, 1, 0},
		{"status inactive, before agent", instance(func(i *structs.ContainerInstance) { i.Status, i.AgentConnected = structs.InstanceInactive, false }),
			structs.Usage{}, structs.Resources{}, structs.FailInactive, 1, 0},
		{"agent, before resources", instance(func(i *structs.ContainerInstance) { i.AgentConnected = false }),
			structs.Usage{}, structs.Resources{Memory: 9999}, structs.FailAgent, 1, 0},
		{"engine, before resources", instance(func(i *structs.ContainerInstance) { i.Runtime.Status, i.HeldUntil = structs.HealthImpaired, 9 }),
			structs.Usage{}, structs.Resources{Memory: 9999}, structs.FailRuntime, 1, 0},
		{"engine that answers", instance(func(i *structs.ContainerInstance) { i.Runtime.Status = structs.HealthOK }),
			structs.Usage{}, structs.Resources{Memory: 1024}, "", 0, 1},
		{"held back, before resources", instance(func(i *structs.ContainerInstance) { i.HeldUntil = 9 }),
			structs.Usage{}, structs.Resources{Memory: 9999}, structs.FailUnstable, 1, 0},

		{"gpus to the last", instance(func(i *structs.ContainerInstance) { i.GPUs = []string{"0", "1", "2", "3", "4"} }),
			structs.Usage{GPUs: []string{"1"}}, structs.Resources{GPUs: 2}, "", 0, 2},
		{"one gpu short", instance(func(i *structs.ContainerInstance) { i.GPUs = []string{"0", "1"} }),
			structs.Usage{GPUs: []string{"0"}}, structs.Resources{GPUs: 2}, structs.FailGPU, 1, 0},
		{"gpus, before memory", instance(same), structs.Usage{}, structs.Resources{GPUs: 3, Memory: 9999}, structs.FailGPU, 3, 0},
		{"a gpu held that is not there any more", instance(func(i *structs.ContainerInstance) { i.GPUs = []string{"0"} }),
			structs.Usage{GPUs: []string{"7"}}, structs.Resources{GPUs: 1}, "", 0, 1},
		{"no gpu needed", instance(same), structs.Usage{}, structs.Resources{Memory: 512}, "", 0, 2},

		{"memory to the last MiB", instance(same), structs.Usage{Memory: 24}, structs.Resources{Memory: 500}, "", 0, 2},
		{"memory one MiB short", instance(same), structs.Usage{Memory: 25}, structs.Resources{Memory: 1000}, structs.FailMemory, 1, 0},
		{"memory, before cpu", instance(same), structs.Usage{}, structs.Resources{Memory: 1034, CPU: 2000}, structs.FailMemory, 10, 0},
		{"memory held beyond what there is", instance(same), structs.Usage{Memory: 2048}, structs.Resources{Memory: 1}, structs.FailMemory, 1025, 0},
		{"no memory needed there", instance(same), structs.Usage{Memory: 2048}, structs.Resources{CPU: 512}, "", 0, 2},

		{"cpu to the last unit", instance(same), structs.Usage{CPU: 24}, structs.Resources{CPU: 250, Memory: 1}, "", 0, 4},
		{"cpu one unit short", instance(same), structs.Usage{CPU: 25}, structs.Resources{CPU: 1000}, structs.FailCPU, 1, 0},
		{"cpu, before ports", instance(same), structs.Usage{}, structs.Resources{CPU: 1025, Ports: tcp(22)}, structs.FailCPU, 1, 0},
		{"no cpu needed where it is short", instance(same), structs.Usage{CPU: 2048}, structs.Resources{Memory: 512}, "", 0, 2},

		{"ports free, once", instance(same), structs.Usage{Ports: tcp(79, 81)}, structs.Resources{Ports: tcp(80)}, "", 0, 1},
		{"ports taken", instance(same), structs.Usage{Ports: tcp(79, 80, 81)}, structs.Resources{Ports: tcp(80, 82)}, structs.FailPorts, 1, 0},
		{"ports reserved", instance(same), structs.Usage{Ports: tcp(80)}, structs.Resources{Ports: tcp(22, 80)}, structs.FailPorts, 2, 0},
		{"ports of another protocol", instance(same), structs.Usage{Ports: []structs.Port{{Number: 80, Protocol: "udp"}}}, structs.Resources{Ports: tcp(80)}, "", 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var reason string
			var missing int64
			h := &host{QuerySubject: structs.QuerySubject{Instance: &test.instance, Usage: &test.usage}}
			if s := (&ask{need: &test.need}).shortfall(h); s != nil {
				reason, missing = filters()[s.first].reason, s.missing[s.first]
			}
			if reason != test.reason || missing != test.missing {
				t.Errorf("the filters say %q, missing %d; want %q, missing %d", reason, missing, test.reason, test.missing)
			}
			if room := (&ask{need: &test.need}).room(h, math.MaxInt32); room != test.room {
				t.Errorf("room for %d, want %d", room, test.room)
			}
		})
	}
}
