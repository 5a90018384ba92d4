package task

import (
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// containers makes one container of each word: a phase, or failed, with ~ before it if the
// container is not essential. Their keys are a, b, …, their images of the same name.
func containers(words ...string) (list []container) {
	phases := map[string]phase{"none": phaseNone, "pulled": phasePulled, "created": phaseCreated, "running": phaseRunning, "ended": phaseEnded}
	for i, w := range words {
		name := string(rune('a' + i))
		c := container{key: name, essential: true, spec: runtime.ContainerSpec{Definition: structs.ContainerDefinition{Image: name}}}
		if w[0] == '~' {
			c.essential, w = false, w[1:]
		}
		if w == "failed" {
			c.failed, c.seen.Reason, w = true, "CannotPullContainerError: gone", "ended"
		}
		c.phase = phases[w]
		list = append(list, c)
	}
	return list
}

// words returns a decision in words: the steps to take now, or what to do if there are none.
func (d decision) words() string {
	kinds := map[kind]string{pullImage: "pull", createContainer: "create", startContainer: "start", restartContainer: "restart",
		inspectContainer: "inspect", endContainer: "end",
		prepareResource: "prepare", releaseResource: "release"}
	var list []string
	for _, s := range d.steps {
		list = append(list, kinds[s.kind]+" "+s.of)
	}
	switch {
	case len(list) > 0:
		return strings.Join(list, ", ")
	case !d.done:
		return "nothing can be done"
	case d.down:
		return "finish"
	}
	return "wait"
}

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		containers []container
		want       string // while the task is to run
		stop       string // once it is to stop
	}{
		{containers("none"), "pull a", "finish"},
		{containers("pulled"), "create a", "finish"},
		{containers("created"), "start a", "end a"},
		{containers("running"), "wait", "end a"},
		{containers("ended"), "finish", "finish"},
		{containers("~running"), "wait", "end a"},
		{containers("~ended"), "finish", "finish"},
		{containers("~ended", "~running"), "wait", "end b"},
		{containers("none", "none", "pulled"), "pull a, pull b", "finish"}, // at the same time
		{containers("pulled", "pulled", "pulled"), "create a", "finish"},   // one after the other
		{containers("created", "created", "created"), "start a", "end a, end b, end c"},
		// adopted: all images come before any container
		{containers("none", "running"), "pull a", "end b"},
		{containers("created", "none"), "pull b", "end a"},
		// all are created before one starts
		{containers("created", "pulled"), "create b", "end a"},
		{containers("running", "created"), "start b", "end a, end b"}, // one after the other
		{containers("running", "~ended"), "wait", "end a"},            // a sidecar may end
		{containers("running", "~failed"), "wait", "end a"},           // or never start
		// an essential one takes the others with it
		{containers("ended", "running"), "end b", "end b"},
		{containers("ended", "created"), "end b", "end b"},  // one that waits to start too
		{containers("ended", "pulled"), "finish", "finish"}, // what was not created needs no end
		{containers("failed", "none"), "finish", "finish"},  // a pull that failed
		{containers("ended", "~running"), "end b", "end b"}, // essential or not, it must go
		{containers("~none", "failed"), "finish", "finish"}, // nothing starts after a failure
		{containers("~pulled", "running"), "create a", "end b"},
		{containers("~failed", "running"), "wait", "end b"},    //
		{containers("~failed", "~failed"), "finish", "finish"}, // nothing is left
	} {
		if got := decide(toRun, c.containers, nil, nil).words(); got != c.want {
			t.Errorf("decide(%+v): %s, want %s", c.containers, got, c.want)
		}
		if got := decide(toStop, c.containers, nil, nil).words(); got != c.stop {
			t.Errorf("decide(stop, %+v): %s, want %s", c.containers, got, c.stop)
		}
	}
}

// Containers of one image wait for one pull of it.
func TestDecideOneImage(t *testing.T) {
	list := containers("none", "none")
	list[1].spec.Definition.Image = "a"
	if got := decide(toRun, list, nil, nil).words(); got != "pull a" {
		t.Errorf("got %s", got)
	}
	list[0].phase, list[0].failed = phaseEnded, true // when it was adopted
	list[0].essential = false
	if got := decide(toRun, list, nil, nil).words(); got != "pull a" {
		t.Errorf("when the other has failed: %s", got)
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		containers []container
		code       string
	}{
		{containers("ended"), structs.StopEssentialContainerExited},
		{containers("ended", "~failed"), structs.StopEssentialContainerExited},
		{containers("running", "failed"), structs.StopTaskFailedToStart},
	} {
		if code, _ := verdict(c.containers, nil); code != c.code {
			t.Errorf("verdict(%+v) = %s, want %s", c.containers, code, c.code)
		}
	}
}
