package hosts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Host is a network namespace with an address.
type Host struct {
	Name, Address string
	// Dir is the folder of its files.
	Dir string

	space  string
	engine *Process // nil: none was started
}

// Process is a program that was started on a host. Its output is in a file.
type Process struct {
	Name string
	log  string
	from int64 // where in the log its own words begin
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how; after done
}

// Start starts a program on the host. Its output is added to the file NAME.log in the host's
// folder.
func (h *Host) Start(name string, env []string, command ...string) (*Process, error) {
	p := &Process{Name: h.Name + "/" + name, log: filepath.Join(h.Dir, name+".log"), done: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if info, err := out.Stat(); err == nil {
		p.from = info.Size()
	}
	// Not `ip netns exec`, which hides the control groups that an engine needs.
	p.cmd = exec.Command("nsenter", append([]string{"--net=/run/netns/" + h.space}, command...)...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a person's ^C is for the test alone
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Run runs a program on the host to its end and returns what it printed.
func (h *Host) Run(command ...string) (string, error) {
	out, err := exec.Command("nsenter", append([]string{"--net=/run/netns/" + h.space}, command...)...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%v on host %s: %w: %s", command, h.Name, err, out)
	}
	return string(out), err
}

// Signal sends a signal; it does nothing to a process that has ended.
func (p *Process) Signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// Kill ends the process as kill -9 does, and waits for its end.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Freeze stops the process, whatever it is doing, until Thaw.
func (p *Process) Freeze() { p.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (p *Process) Thaw() { p.Signal(syscall.SIGCONT) }

// Stop asks the process to end and waits for its end.
func (p *Process) Stop() error {
	p.Signal(syscall.SIGTERM)
	return p.Await(30 * time.Second)
}

// Await waits for the end of the process. The error is that of its exit status, or says that it
// still runs.
func (p *Process) Await(patience time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-time.After(patience):
		return fmt.Errorf("%s has not ended after %v", p.Name, patience)
	}
}

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Said returns what the process has printed.
func (p *Process) Said() string { return p.Log()[p.from:] }

// Log returns what the process has printed, and what earlier ones with the same name have.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err.Error()
	}
	return string(text)
}
