package fake

import (
	"context"
	"errors"
	"io"

	"github.com/gantry-project/gantry/agent/runtime"
)

// StartExec runs a command as Config.Exec says.
func (r *Runtime) StartExec(ctx context.Context, id string, spec runtime.ExecSpec) (x runtime.Exec, err error) {
	name, _ := r.look(id)
	err = r.call(ctx, "Exec in "+name, 0, func() error {
		c := r.engine.containers[id]
		switch {
		case c == nil || !r.owns(c):
			return refusal(runtime.CannotStartExec, "there is no such container")
		case c.state.State != runtime.ContainerRunning:
			return refusal(runtime.CannotStartExec, "the container does not run")
		case r.engine.cfg.Exec == nil:
			return errors.New("containers of this engine run no further commands")
		}
		x, err = r.engine.cfg.Exec(c.state, spec)
		return err
	})
	return x, err
}

// NewExec returns a command that is a function of its input and output, and returns its exit code.
// It has no process, and its terminal no size.
func NewExec(run func(stdin io.Reader, stdout, stderr io.Writer) int) *Exec {
	x := &Exec{ended: make(chan struct{})}
	stdin, in := io.Pipe()
	out, stdout := io.Pipe()
	errs, stderr := io.Pipe()
	x.in, x.out, x.errs = in, out, errs
	go func() {
		x.code = run(stdin, stdout, stderr)
		close(x.ended)
		_, _, _ = stdin.Close(), stdout.Close(), stderr.Close() // never fail (io.Pipe)
	}()
	return x
}

// Exec is a command made by NewExec.
type Exec struct {
	in        *io.PipeWriter
	out, errs *io.PipeReader
	ended     chan struct{}
	code      int
	// Sizes, if not nil, gets each size of the terminal: columns and rows.
	Sizes chan [2]uint
}

// Write writes to the command's input.
func (x *Exec) Write(b []byte) (int, error) { return x.in.Write(b) }

// CloseInput ends the command's input.
func (x *Exec) CloseInput() error { return x.in.Close() }

// Close ends the streams.
func (x *Exec) Close() error { return errors.Join(x.in.Close(), x.out.Close(), x.errs.Close()) }

// Copy copies what the command prints.
func (x *Exec) Copy(stdout, stderr io.Writer) error {
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(stderr, x.errs)
		done <- err
	}()
	_, err := io.Copy(stdout, x.out)
	return errors.Join(err, <-done)
}

// Resize passes the size on to Sizes.
func (x *Exec) Resize(_ context.Context, columns, rows uint) error {
	if x.Sizes != nil {
		x.Sizes <- [2]uint{columns, rows}
	}
	return nil
}

// State returns whether the command runs.
func (x *Exec) State(context.Context) (runtime.ExecState, error) {
	select {
	case <-x.ended:
		return runtime.ExecState{ExitCode: x.code}, nil
	default:
		return runtime.ExecState{Running: true}, nil
	}
}
