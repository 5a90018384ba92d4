package agent

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// parts makes parts of a word each: a phase, with ~ before a container that is not essential, or
// failed.
func parts(words ...string) (list []part) {
	phases := map[string]phase{"none": phaseNone, "pulled": phasePulled, "created": phaseCreated, "running": phaseRunning, "ended": phaseEnded}
	for _, w := range words {
		p := part{essential: true}
		if w[0] == '~' {
			p.essential, w = false, w[1:]
		}
		if w == "failed" {
			p.failed, p.seen.Reason, w = true, "CannotPullContainerError: gone", "ended"
		}
		p.phase = phases[w]
		list = append(list, p)
	}
	return list
}

func TestDecide(t *testing.T) {
	names := map[step]string{stepPull: "pull", stepCreate: "create", stepStart: "start", stepWait: "wait", stepStop: "stop", stepFinish: "finish"}
	for _, c := range []struct {
		parts []part
		want  string // while the task is to run
		stop  string // once it is to stop
	}{
		{parts("none"), "pull", "finish"},
		{parts("pulled"), "create", "finish"},
		{parts("created"), "start", "stop"},
		{parts("running"), "wait", "stop"},
		{parts("ended"), "finish", "finish"},
		{parts("~running"), "wait", "stop"},
		{parts("~ended"), "finish", "finish"},
		{parts("~ended", "~running"), "wait", "stop"},
		// adopted: all images come before any container
		{parts("none", "running"), "pull", "stop"},
		{parts("created", "pulled"), "create", "stop"}, // all are created before one starts
		{parts("running", "created"), "start", "stop"}, // one after the other
		{parts("running", "~ended"), "wait", "stop"},   // a sidecar may end
		{parts("running", "~failed"), "wait", "stop"},  // or never start
		// an essential one takes the others with it
		{parts("ended", "running"), "stop", "stop"},
		{parts("ended", "created"), "stop", "stop"},       // one that waits to start too
		{parts("ended", "pulled"), "finish", "finish"},    // what was not made needs no end
		{parts("failed", "none"), "finish", "finish"},     // a pull that failed
		{parts("ended", "~running"), "stop", "stop"},      // essential or not, it must go
		{parts("~none", "failed"), "finish", "finish"},    // nothing starts after a failure
		{parts("~pulled", "running"), "create", "stop"},   //
		{parts("~failed", "running"), "wait", "stop"},     //
		{parts("~failed", "~failed"), "finish", "finish"}, // nothing is left
	} {
		if got := names[decide(false, c.parts)]; got != c.want {
			t.Errorf("decide(%+v) = %s, want %s", c.parts, got, c.want)
		}
		if got := names[decide(true, c.parts)]; got != c.stop {
			t.Errorf("decide(stop, %+v) = %s, want %s", c.parts, got, c.stop)
		}
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		parts []part
		code  string
	}{
		{parts("ended"), structs.StopEssentialContainerExited},
		{parts("ended", "~failed"), structs.StopEssentialContainerExited},
		{parts("running", "failed"), structs.StopTaskFailedToStart},
	} {
		if code, _ := verdict(c.parts); code != c.code {
			t.Errorf("verdict(%+v) = %s, want %s", c.parts, code, c.code)
		}
	}
}
