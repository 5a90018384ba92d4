package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestSlowPeersCostLittleAndHarmNobody has clients that read nothing of 100 MB, clients that send
// 100 MB to a target that reads none, and clients with half a request; and then one as usual.
func TestSlowPeersCostLittleAndHarmNobody(t *testing.T) {
	const each = 40
	r := newRig(t, Settings{}, rawTarget(t, func(_ int, c net.Conn, in *bufio.Reader) {
		switch head := readRaw(in); {
		case strings.HasPrefix(head, "GET /large"):
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
			io.Copy(c, io.LimitReader(repeated{}, 100<<20))
		case strings.HasPrefix(head, "POST"):
			time.Sleep(time.Minute)
		default:
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
		}
	}))
	before := inUse()
	for range each {
		io.WriteString(r.dial(), "GET /large HTTP/1.1\r\nHost: web\r\n\r\n")
		io.WriteString(r.dial(), "GET / HTTP/1.1\r\nHo")
		c := r.dial()
		io.WriteString(c, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 104857600\r\n\r\n")
		go io.Copy(c, io.LimitReader(repeated{}, 100<<20))
	}
	time.Sleep(500 * time.Millisecond)
	wantIn(t, r.raw("GET /"+closing), "ok")
	// 40 kB each for buffers on both sides, and what the test's own targets and clients hold
	if used := inUse() - before; used > 3*each*150<<10 {
		t.Fatalf("%d bytes for %d connections", used, 3*each)
	}
}

func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// TestIdleConnectionsHoldNoBuffers has kept connections of clients and to the target.
func TestIdleConnectionsHoldNoBuffers(t *testing.T) {
	const each = 300
	r := newRig(t, Settings{}, target(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") }))
	conns := make([]net.Conn, each)
	answer := make([]byte, 4096)
	before := inUse()
	for i := range conns {
		conns[i] = r.dial()
		io.WriteString(conns[i], "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		if _, err := conns[i].Read(answer); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(100 * time.Millisecond)
	if used := (inUse() - before) / each; used > 14<<10 {
		t.Fatalf("%d bytes for an idle connection, the client's end and a goroutine of the test included", used)
	}
}
