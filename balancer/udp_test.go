package balancer

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// udpTarget answers each datagram with its name and what it got.
func udpTarget(t *testing.T, name string) structs.TrafficTarget {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			conn.WriteTo(fmt.Appendf(nil, "%s:%s", name, buffer[:n]), from)
		}
	}()
	return targetAt(t, name, conn.LocalAddr().String())
}

func TestUDPFlows(t *testing.T) {
	a, b := udpTarget(t, "a"), udpTarget(t, "b")
	w, port := start(t, Config{}), freePort(t)
	w.Apply(structs.TrafficFrame{Full: true, Groups: []structs.TrafficGroup{groupWith("g", a, b)},
		Listeners: []structs.TrafficListener{listenerAt("l", "TCP_UDP", port, forwardTo("g"))}})
	clients := map[string]net.Conn{}
	ask := func(c net.Conn, word string) string {
		t.Helper()
		c.SetDeadline(time.Now().Add(5 * time.Second))
		c.Write([]byte(word))
		buffer := make([]byte, 2048)
		n, err := c.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		return string(buffer[:n])
	}
	for range 2 {
		c, err := net.Dial("udp", "127.0.0.1:"+strconv.Itoa(int(port)))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		name := ask(c, "x")[:1]
		clients[name] = c
		for i := range 5 {
			if got := ask(c, fmt.Sprint(i)); got != fmt.Sprint(name, ":", i) {
				t.Errorf("a client of %s heard %q", name, got)
			}
		}
	}
	if len(clients) != 2 {
		t.Fatal("two clients have one target")
	}
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{groupWith("g", weight(a, 1, "draining"), b)}})
	if got := ask(clients["a"], "moved"); got != "b:moved" {
		t.Errorf("the client of a target that drains heard %q", got)
	}
	if c := w.Stats().Listeners[0].Counts; c.Requests != 3 || c.BytesIn != 17 {
		t.Errorf("counted %+v", c)
	}
}
