package datachannel

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/testutil/faketime"
)

// The form on the wire is the one that AWS's plugin reads.
func TestForm(t *testing.T) {
	id := [16]byte{0x84, 0xf2, 0xcd, 0x15, 0x3e, 0x0c, 0x48, 0xf6, 0xb9, 0x4c, 0xaa, 0xc8, 0x6d, 0xa7, 0x5d, 0xd1}
	raw := (&message{kind: typeAcknowledge, flags: acknowledgment, id: id, content: []byte("{}")}).encode()
	if n := binary.BigEndian.Uint32(raw); n != 116 {
		t.Errorf("the header has %d bytes", n)
	}
	if got, want := string(raw[4:36]), "acknowledge                     "; got != want {
		t.Errorf("the type is %q", got)
	}
	if got := fmt.Sprintf("%x", raw[64:80]); got != "b94caac86da75dd184f2cd153e0c48f6" {
		t.Errorf("the id is %s", got)
	}
	if len(raw) != 122 || binary.BigEndian.Uint32(raw[116:]) != 2 || string(raw[120:]) != "{}" {
		t.Errorf("the payload is %x", raw[112:])
	}
	back, err := decode(raw)
	if err != nil || back.id != id || back.kind != typeAcknowledge || back.flags != 3 || formatID(back.id) != "84f2cd15-3e0c-48f6-b94c-aac86da75dd1" {
		t.Errorf("read back: %+v, %v", back, err)
	}
	raw[121]++
	for name, bad := range map[string][]byte{"damaged": raw, "short": raw[:119], "cut": raw[:121], "header": append([]byte{0xff, 0xff, 0xff, 0xff}, raw[4:]...)} {
		if _, err := decode(bad); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
}

// pair returns two ends of a connection.
func pair() (a, b Conn) {
	x, y := net.Pipe()
	return Frames(x), Frames(y)
}

// lossy loses every nth message that is written.
type lossy struct {
	Conn
	n       int64
	written atomic.Int64
}

func (l *lossy) Write(raw []byte) error {
	if l.written.Add(1)%l.n == 0 {
		return nil
	}
	return l.Conn.Write(raw)
}

// Everything arrives once and in order, though messages and acknowledges are lost and the
// connection breaks again and again.
func TestNothingIsLost(t *testing.T) { faketime.Test(t, nothingIsLost) }

func nothingIsLost(t *testing.T) {
	agent, client := NewAgent(), NewClient()
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			a, b := pair()
			done := make(chan struct{})
			go func() { _ = agent.Run(&lossy{Conn: a, n: 7}); close(done) }()
			timer := time.AfterFunc(300*time.Millisecond, func() { a.Close() })
			_ = client.Run(&lossy{Conn: b, n: 5})
			timer.Stop()
			<-done
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	const count = 2000
	send := func(c *Channel) {
		for n := range count {
			if err := c.Send(t.Context(), PayloadOutput, fmt.Appendf(nil, "%d", n)); err != nil {
				t.Error(err)
				return
			}
		}
	}
	go send(agent)
	go send(client)
	for _, c := range []*Channel{client, agent} {
		for n := range count {
			d, err := c.Receive(t.Context())
			if err != nil || string(d.Content) != fmt.Sprint(n) {
				t.Fatalf("message %d is %q, %v", n, d.Content, err)
			}
		}
	}
	close(stop)
	agent.End("s", "bye")
	client.Drop()
	<-ended
}

// AWS's plugin does not acknowledge what it knows already. If the acknowledge of a message was lost
// with a connection, the channel goes on once later messages are acknowledged.
func TestAcknowledgeLostWithItsConnection(t *testing.T) { faketime.Test(t, acknowledgeLost) }

func acknowledgeLost(t *testing.T) {
	agent := NewAgent()
	first, plugin := pair()
	ran := make(chan error, 1)
	go func() { ran <- agent.Run(first) }()
	if err := agent.Send(t.Context(), PayloadOutput, []byte("0")); err != nil {
		t.Fatal(err)
	}
	if _, err := plugin.Read(); err != nil { // taken, but never acknowledged
		t.Fatal(err)
	}
	plugin.Close()
	<-ran
	second, plugin := pair()
	go func() { ran <- agent.Run(second) }()
	var got bytes.Buffer
	go func() {
		for expected := int64(1); ; {
			raw, err := plugin.Read()
			if err != nil {
				return
			}
			m, _ := decode(raw)
			if m.kind != TypeOutput || m.sequence != expected {
				continue
			}
			expected++
			got.Write(m.content)
			if plugin.Write(acknowledgeOf(&m)) != nil {
				return
			}
		}
	}()
	for n := 1; n < 2*window; n++ {
		if err := agent.Send(t.Context(), PayloadOutput, []byte{byte(n)}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := agent.Flush(ctx); err != nil || got.Len() != 2*window-1 {
		t.Errorf("after %d messages: %v", got.Len(), err)
	}
	plugin.Close()
	<-ran
}

// A message that is known already is acknowledged again: the plugin may have lost the first one.
func TestDuplicatesAreAcknowledged(t *testing.T) {
	agent := NewAgent()
	conn, plugin := pair()
	ran := make(chan error, 1)
	go func() { ran <- agent.Run(conn) }()
	raw := (&message{kind: TypeInput, id: newID(), payload: PayloadOutput, content: []byte("x")}).encode()
	for range 3 {
		if err := plugin.Write(raw); err != nil {
			t.Fatal(err)
		}
		answer, err := plugin.Read()
		if m, _ := decode(answer); err != nil || m.kind != typeAcknowledge {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	if d, err := agent.Receive(t.Context()); err != nil || string(d.Content) != "x" {
		t.Errorf("%q, %v", d.Content, err)
	}
	agent.End("session", "That was it.")
	last, err := plugin.Read()
	if m, _ := decode(last); err != nil || m.kind != typeClosed || !bytes.Contains(m.content, []byte(`"Output":"That was it."`)) {
		t.Errorf("the farewell is %s, %v", m.content, err)
	}
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if _, err := agent.Receive(t.Context()); !errors.Is(err, ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := plugin.Read(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("after the farewell: %v", err)
	}
}
