package agent_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/internal/wholefile"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

func TestTheInstanceIsRegisteredAsItIs(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.stop()
		h.change = func(c *agent.Config) {
			c.ReservedCPU, c.ReservedMemory = 1024, 192
			c.OwnPorts = func() []structs.Port {
				return []structs.Port{{Number: 9, Protocol: "udp"}, {Number: 4711, Protocol: "tcp"}, {Number: 22, Protocol: "tcp"}}
			}
			c.Address = func() string { return "10.0.0.7" }
			c.Attributes = []structs.Attribute{{Name: "rack", Value: "7"}, {Name: "ecs.os-type", Value: "fake"}}
		}
		h.start()
		in := h.server.instances[h.agent.Instance()]
		if len(in.ID) != 32 || in.Cluster != "default" || in.Zone != "a" || in.Name != "fake" || in.Address != "10.0.0.7" {
			t.Errorf("registered %+v", in)
		}
		if in.Registered.CPU != 3*1024 || in.Registered.Memory != 8000 {
			t.Errorf("registered %d CPU units and %d MiB", in.Registered.CPU, in.Registered.Memory)
		}
		if ports, want := fmt.Sprint(in.Registered.Ports), "[{22 tcp} {2375 tcp} {2376 tcp} {4711 tcp} {9 udp}]"; ports != want {
			t.Errorf("reserved ports %s, want %s", ports, want)
		}
		for name, want := range map[string]string{"ecs.availability-zone": "a", "ecs.os-type": "linux",
			"ecs.cpu-architecture": "x86_64", "rack": "7", "com.amazonaws.ecs.capability.docker-remote-api.1.18": "",
			"com.amazonaws.ecs.capability.docker-remote-api.1.29": "", "com.amazonaws.ecs.capability.logging-driver.json-file": "",
			"ecs.capability.container-health-check": ""} {
			if got, ok := in.Attribute(name); !ok || got != want {
				t.Errorf("attribute %s is %q", name, got)
			}
		}
		if _, ok := in.Attribute("com.amazonaws.ecs.capability.logging-driver.awslogs"); ok {
			t.Error("a log driver that no definition can run with is among the attributes")
		}
		if in.VersionInfo.AgentVersion != "1.2.3" || in.VersionInfo.DockerVersion != "DockerVersion: 20.10.24" {
			t.Errorf("versions %+v", in.VersionInfo)
		}
	})
}

// A server that does not know the newest registration may not know either what an earlier process
// ran here.
func TestAStreamIsAskedForWithTheVersionOfTheRegistration(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.restart()
		in := h.server.instances[h.agent.Instance()]
		if in.Version != 2 || h.server.asked != 2 {
			t.Errorf("after registration %d the stream is asked for with version %d", in.Version, h.server.asked)
		}
	})
}

func TestTheInstanceKeepsItsIDAndRegistersOnceHoweverOftenItTries(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.server.setDown(true)
		h.launch()
		h.wait(time.Minute)
		if h.agent.Ready() || h.agent.Instance() != "" {
			t.Error("ready without a server")
		}
		h.server.setDown(false)
		h.wait(4 * time.Second)
		first := h.agent.Instance()
		h.restart()
		defer h.stop()
		if !h.agent.Ready() || h.agent.Instance() != first || len(h.server.instances) != 1 {
			t.Errorf("instances %v, first was %q", h.server.instances, first)
		}
	})
}

// A server that has lost its data knows neither the instance nor its tasks. The agent registers
// with it again, and ends what no server knows.
func TestTheInstanceIsRegisteredAgainWithAServerThatHasForgottenIt(t *testing.T) {
	withAgent(t, func(h *harness) {
		first := h.agent.Instance()
		for n := range 3 {
			h.server.run(taskID(n), definition(container("app")))
		}
		h.wait(time.Minute)
		h.server.set(func() {
			clear(h.server.instances)
			clear(h.server.tasks)
			h.server.index = 1
		})
		h.server.dropStreams()
		h.wait(time.Minute)
		if _, known := h.server.instances[first]; !known || len(h.server.instances) != 1 {
			t.Errorf("the server knows %v, not instance %s", h.server.instances, first)
		}
		h.expectRunning()
		h.server.run(taskID(7), definition(container("app")))
		h.wait(time.Minute)
		h.expect(taskID(7), structs.TaskRunning)
		h.expectRunning(name("app", 7))
	})
}

// runOnce runs an agent that cannot work, and returns its error.
func runOnce(t *testing.T, dir string, change func(*agent.Config)) error {
	t.Helper()
	engine := testutil.NewFakeEngine()
	cfg := agent.Config{DataDir: dir, Server: newFakeServer(),
		Runtime: func(instance string) runtime.Runtime { return engine.Runtime(instance) }}
	if change != nil {
		change(&cfg)
	}
	a, err := agent.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a.Run(t.Context())
}

func TestAnAgentThatCannotWorkSaysWhy(t *testing.T) {
	engine := testutil.NewFakeEngine()
	engine.SetAway(true)
	for _, c := range []struct {
		name, file string
		change     func(*agent.Config)
		want       []string
	}{
		{"damaged", `{"instance": "0123`, nil, []string{"instance.json is damaged", "remove it"}},
		{"not an id", `{"instance": "me", "cluster": "default"}`, nil, []string{"instance.json is damaged"}},
		{"empty", ``, nil, []string{"instance.json is damaged"}},
		{"of another cluster", `{"instance": "0123456789abcdef0123456789abcdef", "cluster": "prod"}`, nil,
			[]string{`cluster "prod", not "default"`, "instance.json"}},
		{"no engine", "-", func(c *agent.Config) {
			c.Runtime = func(instance string) runtime.Runtime { return engine.Runtime(instance) }
		}, []string{"cannot connect to the fake container engine"}},
		{"refused", "-", func(c *agent.Config) { c.Server = refusing{c.Server} }, []string{"not allowed in"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.file != "-" {
				if err := os.MkdirAll(filepath.Join(dir, "agent"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := wholefile.Write(filepath.Join(dir, "agent", "instance.json"), []byte(c.file)); err != nil {
					t.Fatal(err)
				}
			}
			err := runOnce(t, dir, c.change)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %v and does not say %q", err, want)
				}
			}
		})
	}
}

type refusing struct{ link.Server }

func (refusing) Register(context.Context, structs.ContainerInstance) (structs.ContainerInstance, error) {
	return structs.ContainerInstance{}, errors.Join(errors.New("registering"), structs.Errorf(structs.KindAccessDenied, "not allowed in"))
}

// Agents have every attribute that ECS says a definition requires, if they can run it: clients
// compare the two.
func TestAgentsHaveWhatDefinitionsRequire(t *testing.T) {
	def := structs.TaskDefinition{Family: "web", PidMode: "host", ContainerDefinitions: []structs.ContainerDefinition{{
		Name: "app", Image: "app", Memory: new(int32(64)), Privileged: new(true), DockerLabels: map[string]string{"a": "b"},
		HealthCheck:      &structs.HealthCheck{Command: []string{"CMD", "/app"}, StartPeriod: new(int32(1))},
		LogConfiguration: &structs.LogConfiguration{LogDriver: "json-file", Options: map[string]string{"mode": "blocking"}},
	}, {
		Name: "side", Image: "side", Memory: new(int32(64)), HealthCheck: &structs.HealthCheck{Command: []string{"CMD", "/app"}},
	}}}
	def.Normalize()
	if unsupported := structs.UnsupportedFeatures(&def, nil); len(unsupported) > 0 {
		t.Fatal(unsupported)
	}
	withConfig(t, func(c *agent.Config) { c.AllowPrivileged, c.AnyArchitecture = true, true }, func(h *harness) {
		in := h.server.instances[h.agent.Instance()]
		for _, required := range def.RequiresAttributes {
			if _, ok := in.Attribute(required.Name); !ok {
				t.Errorf("the agent does not have %s", required.Name)
			}
		}
		if _, ok := in.Attribute(structs.AttributeAnyArchitecture); !ok {
			t.Error("the agent does not say that it takes any architecture")
		}
		if len(def.RequiresAttributes) < 7 {
			t.Errorf("required are %v", def.RequiresAttributes)
		}
	})
}

// Placement keeps privileged tasks away from agents that do not allow them, by the attribute.
func TestPrivilegedIsNotOfferedUnlessAllowed(t *testing.T) {
	withAgent(t, func(h *harness) {
		in := h.server.instances[h.agent.Instance()]
		for _, name := range []string{structs.AttributePrivileged, structs.AttributeAppArmor, structs.AttributeSELinux, structs.AttributeAnyArchitecture} {
			if _, ok := in.Attribute(name); ok {
				t.Errorf("the agent says that it has %s", name)
			}
		}
	})
}
