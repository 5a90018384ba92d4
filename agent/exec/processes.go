package exec

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// markerName is the variable that each command has, and inherits to its children.
const markerName = "GANTRY_EXEC_SESSION"

// marker tells which processes belong to a session, or to any session of an instance.
type marker struct {
	instance, session string // session is empty: any
	root              int    // the command's own process, if it is known and runs; else zero
}

func marked(instance, session string) marker { return marker{instance: instance, session: session} }

func (m marker) value() string { return m.instance + "/" + m.session }

// on reports whether an environment, as Linux shows it, has the marker.
func (m marker) on(environment []byte) bool {
	want := []byte(markerName + "=" + m.value())
	for variable := range bytes.SplitSeq(environment, []byte{0}) {
		if bytes.Equal(variable, want) || m.session == "" && bytes.HasPrefix(variable, want) {
			return true
		}
	}
	return false
}

const (
	// hangUp is how long processes have to end themselves after SIGHUP.
	hangUp = 2 * time.Second
	// killTries bounds how often processes are looked for that have appeared meanwhile.
	killTries = 20
	killPause = 50 * time.Millisecond
)

// processes are those of the machine. The engine's containers are among them unless the engine runs
// on another machine, where none are found.
type processes struct{ dir string }

// end ends the processes of a session: it hangs up, as a terminal that goes away does, and kills
// what is left after a while. It returns when none is left.
func (p processes) end(of marker) {
	found := p.find(of)
	for _, pid := range found {
		_ = syscall.Kill(pid, syscall.SIGHUP) // it may have ended
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	for until := time.Now().Add(hangUp); len(found) > 0 && time.Now().Before(until); found = p.find(of) {
		time.Sleep(killPause)
	}
	for range killTries {
		if len(found) == 0 {
			return
		}
		for _, pid := range found {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(killPause)
		found = p.find(of)
	}
}

// signal sends a signal to the process group of a command in a container.
func (p processes) signal(pid int, container string, signal int) {
	if pid > 1 && p.in(pid, container) {
		_ = syscall.Kill(-pid, syscall.Signal(signal)) // it may have ended
	}
}

// in reports whether a process runs in a container: its cgroup is named after it.
func (p processes) in(pid int, container string) bool {
	raw, err := os.ReadFile(filepath.Join(p.dir, strconv.Itoa(pid), "cgroup"))
	return err == nil && container != "" && bytes.Contains(raw, []byte(container))
}

// process is what is read about a process.
type process struct{ parent, session int }

// find returns the processes that have the marker, and those that are descendants of one or in the
// terminal session of one: a process may have cleared its variables.
func (p processes) find(of marker) (found []int) {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return nil
	}
	all, belongs := map[int]process{}, map[int]bool{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		about, alive := p.read(pid)
		if !alive {
			continue
		}
		all[pid] = about
		environment, _ := os.ReadFile(filepath.Join(p.dir, entry.Name(), "environ")) // it may have ended
		if of.on(environment) || pid == of.root && pid != 0 {
			belongs[pid] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for pid, about := range all {
			if !belongs[pid] && (belongs[about.parent] || belongs[about.session]) {
				belongs[pid], grown = true, true
			}
		}
	}
	for pid := range belongs {
		found = append(found, pid)
	}
	return found
}

// read returns what /proc says about a process that has not ended.
func (p processes) read(pid int) (about process, alive bool) {
	raw, err := os.ReadFile(filepath.Join(p.dir, strconv.Itoa(pid), "stat"))
	if err != nil {
		return about, false
	}
	// the name, in parentheses, may have anything in it; behind it: state, parent, group, session
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 4 || fields[0] == "Z" || fields[0] == "X" {
		return about, false
	}
	about.parent, _ = strconv.Atoi(fields[1])
	about.session, _ = strconv.Atoi(fields[3])
	return about, true
}
