package balancer

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

func echo(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() { defer c.Close(); io.Copy(c, c) }()
	}
}

func dial(t *testing.T, port int32) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn.(*net.TCPConn)
}

// say sends a word and waits until it comes back.
func say(t *testing.T, conn net.Conn, word string) {
	t.Helper()
	io.WriteString(conn, word)
	back := make([]byte, len(word))
	if _, err := io.ReadFull(conn, back); err != nil || string(back) != word {
		t.Fatalf("said %q, heard %q, %v", word, back, err)
	}
}

// served starts a listener of TCP or TLS on one target that handle serves.
func served(t *testing.T, protocol string, g structs.TrafficGroup, handle func(net.Conn)) (*world, int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c)
		}
	}()
	g.Targets = append(g.Targets, targetAt(t, "t", l.Addr().String()))
	w, port := start(t, Config{}), freePort(t)
	w.Apply(structs.TrafficFrame{Full: true, Groups: []structs.TrafficGroup{g},
		Listeners: []structs.TrafficListener{listenerAt("l", protocol, port, forwardTo(g.ID))}})
	return w, port
}

// Each side may end what it sends and still receive; the bytes are counted.
func TestTCPHalfClose(t *testing.T) {
	w, port := served(t, "TCP", groupWith("g"), func(c net.Conn) {
		defer c.Close()
		all, _ := io.ReadAll(c) // until the client's end
		c.Write(inverted(all))
	})
	conn := dial(t, port)
	sent := make([]byte, 5<<20)
	rand.Read(sent)
	go func() { conn.Write(sent); conn.CloseWrite() }()
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, inverted(sent)) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	until(t, "the connection is counted", func() bool {
		c := w.Stats().Listeners[0].Counts
		return c.Requests == 1 && c.Open == 0 && c.BytesIn == 5<<20 && c.BytesOut == 5<<20
	})
}

func inverted(in []byte) []byte {
	out := make([]byte, len(in))
	for i, b := range in {
		out[i] = ^b
	}
	return out
}

// A target that ends first ends the answer alone.
func TestTCPTargetEndsFirst(t *testing.T) {
	heard := make(chan string, 1)
	_, port := served(t, "TCP", groupWith("g"), func(c net.Conn) {
		defer c.Close()
		io.WriteString(c, "hello")
		c.(*net.TCPConn).CloseWrite()
		all, _ := io.ReadAll(c)
		heard <- string(all)
	})
	conn := dial(t, port)
	if all, err := io.ReadAll(conn); string(all) != "hello" || err != nil {
		t.Errorf("heard %q, %v", all, err)
	}
	io.WriteString(conn, "late")
	conn.CloseWrite()
	if got := <-heard; got != "late" {
		t.Errorf("the target heard %q", got)
	}
}

func TestTCPTakesAnotherTargetIfOneRefuses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := targetAt(t, "dead", l.Addr().String())
	l.Close()
	_, port := served(t, "TCP", groupWith("g", dead), func(c net.Conn) { io.Copy(c, c); c.Close() })
	for range 6 {
		say(t, dial(t, port), "here")
	}
}

// Targets learn the client's address by the PROXY protocol, and so does the balancer.
func TestProxyProtocol(t *testing.T) {
	w, port := served(t, "TCP", with(groupWith("g"), "proxy_protocol_v2.enabled", "true"), func(c net.Conn) {
		defer c.Close()
		head := make([]byte, 28)
		io.ReadFull(c, head)
		fmt.Fprintf(c, "%x|%v|%d|", head[:16], net.IP(head[16:20]), int(head[24])<<8|int(head[25]))
		io.Copy(c, c)
	})
	conn := dial(t, port)
	io.WriteString(conn, "body")
	conn.CloseWrite()
	all, _ := io.ReadAll(conn)
	want := fmt.Sprintf("0d0a0d0a000d0a515549540a2111000c|127.0.0.1|%d|body", conn.LocalAddr().(*net.TCPAddr).Port)
	if string(all) != want {
		t.Errorf("the target got %q, want %q", all, want)
	}
	listener := listenerAt("l", "TCP", port, forwardTo("g"))
	listener.Listener.Attributes = []structs.TrafficAttribute{{Key: AttributeProxyProtocol, Value: "true"}}
	w.Apply(structs.TrafficFrame{Listeners: []structs.TrafficListener{listener}})
	conn = dial(t, port)
	io.WriteString(conn, "PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\nbody")
	conn.CloseWrite()
	if all, _ = io.ReadAll(conn); !strings.HasSuffix(string(all), "|192.0.2.7|4711|body") {
		t.Errorf("behind another balancer the target got %q", all)
	}
	conn = dial(t, port)
	io.WriteString(conn, "no header at all, but many bytes")
	conn.CloseWrite()
	if all, _ = io.ReadAll(conn); strings.Contains(string(all), "many") {
		t.Errorf("a client without the header got %q", all)
	}
}

func TestTLSListenerAndTarget(t *testing.T) {
	certificates := httptest.NewUnstartedServer(nil)
	certificates.StartTLS()
	defer certificates.Close()
	server := &tls.Config{Certificates: certificates.TLS.Certificates}
	g := groupWith("g")
	g.Group.Protocol = "TLS"
	w, port := served(t, "TLS", g, func(c net.Conn) {
		secure := tls.Server(c, server)
		io.Copy(secure, secure)
		secure.Close()
	})
	listener := listenerAt("l", "TLS", port, forwardTo("g"))
	listener.Listener.Certificates = []string{"arn:a"}
	listener.Listener.ALPN = []string{"HTTP2Preferred"}
	w.Apply(structs.TrafficFrame{GoneListeners: []string{"l"}})
	w.Apply(structs.TrafficFrame{Listeners: []structs.TrafficListener{listener}, Certificates: []structs.TrafficCertificate{certificateFor(t, "arn:a", "tls.test")}})
	conn, err := tls.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(port)), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1", "h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	say(t, conn, "secret")
	if s := conn.ConnectionState(); s.PeerCertificates[0].DNSNames[0] != "tls.test" || s.NegotiatedProtocol != "h2" {
		t.Errorf("met by %v with %q", s.PeerCertificates[0].DNSNames, s.NegotiatedProtocol)
	}
}
