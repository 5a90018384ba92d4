package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/internal/datachannel"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// bench is an agent's sessions, with a container to run commands in.
type bench struct {
	*testing.T
	sessions  *Sessions
	container string
	specs     chan runtime.ExecSpec
	sizes     chan [2]uint
}

// with runs a test on sessions whose commands are a function.
func with(t *testing.T, command func(stdin io.Reader, stdout, stderr io.Writer) int, test func(*bench)) {
	faketime.Test(t, func(t *testing.T) {
		b := &bench{T: t, specs: make(chan runtime.ExecSpec, 8), sizes: make(chan [2]uint, 8)}
		engine := fake.New(fake.Config{Exec: func(_ runtime.ContainerState, spec runtime.ExecSpec) (runtime.Exec, error) {
			if spec.Command[0] == "nosuch" {
				return nil, &runtime.Error{Name: runtime.CannotStartExec, Reason: "executable file not found"}
			}
			b.specs <- spec
			x := fake.NewExec(command)
			x.Sizes = b.sizes
			return x, nil
		}}).Runtime("i1")
		id, err := engine.CreateContainer(t.Context(), runtime.ContainerSpec{Name: "c", Labels: map[string]string{
			runtime.LabelInstance: "i1", runtime.LabelTask: "t1",
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.StartContainer(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		b.container = id
		b.sessions = New(Config{Instance: "i1", Engine: engine, Processes: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { b.sessions.Run(ctx); close(ended) }()
		synctest.Wait()
		test(b)
		cancel()
		<-ended
	})
}

func (b *bench) ticket(change func(*structs.ExecTicket)) structs.ExecTicket {
	t := structs.ExecTicket{
		Session: "s1", Instance: "i1", Task: "t1", Container: "app", RuntimeID: b.container, Command: []string{"sh"},
		TTY: true, Input: true, Who: "me", Expires: structs.TimeOf(time.Now().Add(time.Minute)),
	}
	if change != nil {
		change(&t)
	}
	return t
}

// connect shows the agent a ticket, as a server does, and gives a client's end the connection.
func (b *bench) connect(ticket structs.ExecTicket, client *datachannel.Channel) (conn net.Conn) {
	ours, theirs := net.Pipe()
	go func() {
		found, refusal := b.sessions.admit(ticket)
		frames := datachannel.Frames(theirs)
		if refusal != "" {
			_ = frames.Write(datachannel.Closed(ticket.Session, refusal))
			_ = frames.Close()
			return
		}
		found.serve(frames)
	}()
	go func() { _ = client.Run(datachannel.Frames(ours)) }()
	return ours
}

// talk does a client's part of the handshake, and returns what the command prints until the end.
func (b *bench) talk(client *datachannel.Channel) (printed, code string) {
	b.Helper()
	var out strings.Builder
	for {
		d, err := client.Receive(b.Context())
		switch {
		case errors.Is(err, datachannel.ErrEnded):
			return out.String(), code
		case err != nil:
			b.Error(err)
			return "", ""
		case d.Type == datachannel.PayloadHandshakeRequest:
			if !strings.Contains(string(d.Content), `"SessionType":"Standard_Stream"`) {
				b.Errorf("the handshake is %s", d.Content)
			}
			b.send(client, datachannel.PayloadHandshakeResponse, `{}`)
		case d.Type == datachannel.PayloadHandshakeCompleted:
			size, _ := json.Marshal(datachannel.Size{Columns: 110, Rows: 50})
			b.send(client, datachannel.PayloadSize, string(size))
		case d.Type == datachannel.PayloadOutput:
			out.Write(d.Content)
		case d.Type == datachannel.PayloadStdErr:
			fmt.Fprintf(&out, "<%s>", d.Content)
		case d.Type == datachannel.PayloadExitCode:
			code = fmt.Sprint(datachannel.NumberOf(d.Content))
		}
	}
}

func (b *bench) send(client *datachannel.Channel, kind datachannel.PayloadType, content string) {
	b.Helper()
	if err := client.Send(b.Context(), kind, []byte(content)); err != nil {
		b.Error(err)
	}
}

// echo prints what it reads until the end of its input, and exits with 3.
func echo(stdin io.Reader, stdout, stderr io.Writer) int {
	fmt.Fprint(stdout, "ready ")
	_, _ = io.Copy(stdout, stdin)
	fmt.Fprint(stderr, "problem")
	return 3
}

// A plugin's command has a terminal of the client's size from its start, runs as root, and is named
// by a variable. Its exit code stands in the farewell, and nowhere else.
func TestCommand(t *testing.T) {
	with(t, echo, func(b *bench) {
		client := datachannel.NewClient()
		b.connect(b.ticket(nil), client)
		go func() {
			spec := <-b.specs
			if spec.Columns != 110 || spec.Rows != 50 || spec.User != "0" || !spec.TTY || spec.Environment[markerName] != "i1/s1" || spec.Environment["TERM"] != "xterm-256color" {
				b.Errorf("it is started as %+v", spec)
			}
			b.send(client, datachannel.PayloadSize, `{"cols":80,"rows":24}`)
			b.send(client, datachannel.PayloadOutput, "typed")
			if size := <-b.sizes; size != [2]uint{80, 24} {
				b.Errorf("the terminal has %v", size)
			}
			b.send(client, datachannel.PayloadEndOfInput, "")
		}()
		printed, code := b.talk(client)
		if printed != "ready typedproblem" && printed != "ready problemtyped" || code != "" || client.Text() != "The command exited with code 3." {
			b.Errorf("it printed %q, exit code %q, farewell %q", printed, code, client.Text())
		}
	})
}

// Gantry's own client gets the exit code, and stderr apart.
func TestOwnClient(t *testing.T) {
	with(t, echo, func(b *bench) {
		client := datachannel.NewClient()
		b.connect(b.ticket(func(t *structs.ExecTicket) { t.Own, t.TTY, t.User = true, false, "app" }), client)
		go func() {
			if spec := <-b.specs; spec.User != "app" || spec.TTY || spec.Environment["TERM"] != "" {
				b.Errorf("it is started as %+v", spec)
			}
			b.send(client, datachannel.PayloadEndOfInput, "")
		}()
		if printed, code := b.talk(client); code != "3" || !strings.Contains(printed, "<problem>") || !strings.Contains(printed, "ready ") {
			b.Errorf("it printed %q, exit code %q", printed, code)
		}
	})
}

// Each refusal is a sentence of the farewell.
func TestRefusals(t *testing.T) {
	for text, change := range map[string]func(*structs.ExecTicket){
		"Container app of task t1 does not exist any more.": func(t *structs.ExecTicket) { t.RuntimeID = "none" },
		"Container app of task t2 does not exist any more.": func(t *structs.ExecTicket) { t.Task = "t2" }, // another task's
		"The session has ended.":                            func(t *structs.ExecTicket) { t.Resumes = true },
		"The command cannot be run: executable file not found": func(t *structs.ExecTicket) {
			t.Command = []string{"nosuch"}
		},
	} {
		with(t, echo, func(b *bench) {
			client := datachannel.NewClient()
			b.connect(b.ticket(change), client)
			if _, _ = b.talk(client); client.Text() != text {
				b.Errorf("the farewell is %q, want %q", client.Text(), text)
			}
		})
	}
}

// A token begins one session, once. Only its caller resumes it.
func TestTokens(t *testing.T) {
	with(t, echo, func(b *bench) {
		client := datachannel.NewClient()
		conn := b.connect(b.ticket(nil), client)
		go b.talk(client)
		<-b.specs
		for text, change := range map[string]func(*structs.ExecTicket){
			"The token of this session was used already. Run the command again.": nil,
			"The session has ended.": func(t *structs.ExecTicket) { t.Resumes, t.Who = true, "somebody else" },
		} {
			other := datachannel.NewClient()
			b.connect(b.ticket(change), other)
			if _, _ = b.talk(other); other.Text() != text {
				b.Errorf("the farewell is %q, want %q", other.Text(), text)
			}
		}
		conn.Close()
		synctest.Wait()
		b.connect(b.ticket(func(t *structs.ExecTicket) { t.Resumes, t.Command = true, nil }), client)
		b.send(client, datachannel.PayloadEndOfInput, "")
		if err := client.Ended(b.Context()); err != nil || client.Text() != "The command exited with code 3." {
			b.Errorf("resumed: %v, %q", err, client.Text())
		}
	})
}

// A session ends some time after its client has gone, if nothing is typed or printed, or if it is
// asked to.
func TestEnds(t *testing.T) {
	for want, does := range map[string]struct {
		after time.Duration
		what  func(*bench, net.Conn, *datachannel.Channel)
	}{
		"gone": {30 * time.Second, func(_ *bench, conn net.Conn, _ *datachannel.Channel) { conn.Close() }},
		"idle": {20 * time.Minute, func(*bench, net.Conn, *datachannel.Channel) {}},
		"flag": {0, func(b *bench, _ net.Conn, c *datachannel.Channel) {
			b.send(c, datachannel.PayloadFlag, string(datachannel.Number(datachannel.FlagTerminateSession)))
		}},
	} {
		with(t, echo, func(b *bench) {
			client := datachannel.NewClient()
			conn := b.connect(b.ticket(nil), client)
			go b.talk(client)
			<-b.specs
			time.Sleep(5 * time.Second)
			began := time.Now()
			does.what(b, conn, client)
			for b.sessions.count() > 0 {
				time.Sleep(time.Second)
			}
			// the session was last active when its command said that it is ready
			if took := time.Since(began); took < does.after-10*time.Second || took > does.after+10*time.Second {
				b.Errorf("%s: it ended after %s, want %s", want, took, does.after)
			}
			client.Drop()
		})
	}
}

func (s *Sessions) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}
