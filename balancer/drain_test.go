package balancer

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// A draining target gets nothing new, its open request ends well, and the leader hears at once when
// it has.
func TestDrain(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{})
	a := handled(t, "a", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			close(entered)
			<-release
		}
		io.WriteString(w, "a")
	})
	b := backend(t, "b")
	b.Task, b.Target = "", "10.9.9.9" // a user registered it
	w, port := one(t, groupWith("g", a))
	answer := make(chan string, 1)
	go func() { _, body, _ := get(t, port, "/wait"); answer <- body }()
	<-entered
	until := func(what string, index uint64, open ...string) {
		t.Helper()
		until(t, what, func() bool {
			r, ok := w.lastDrain(index)
			return ok && r.Index == index && fmt.Sprint(r.Open) == fmt.Sprint(open)
		})
	}
	w.Apply(structs.TrafficFrame{Index: 2, Groups: []structs.TrafficGroup{groupWith("g", weight(a, 1, "draining"), b)}})
	until("the open request is reported", 2, "a")
	if count := tally(t, port, 5); count["b"] != 5 {
		t.Errorf("while a target drains: %v", count)
	}
	close(release)
	if body := <-answer; body != "a" {
		t.Errorf("the open request was answered by %q", body)
	}
	begin := time.Now()
	until("its end is reported", 2)
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("reported after %v", took)
	}
	w.Apply(structs.TrafficFrame{Index: 3, Groups: []structs.TrafficGroup{groupWith("g", weight(b, 1, "draining"))}})
	until("a target that drains from a new frame on, without any request", 3)
}

// Open connections of TCP are cut when the delay is over, and not before.
func TestConnectionsAreCutAfterTheDelay(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go echo(server)
	target := targetAt(t, "", server.Addr().String())
	target.Target = "127.0.0.1"
	w, port := start(t, Config{}), freePort(t)
	w.Apply(structs.TrafficFrame{Full: true, Index: 1, Groups: []structs.TrafficGroup{groupWith("g", target)},
		Listeners: []structs.TrafficListener{listenerAt("l", "TCP", port, forwardTo("g"))}})
	conn := dial(t, port)
	say(t, conn, "one")
	target.State, target.DrainUntil = "draining", structs.TimeOf(time.Now().Add(time.Hour))
	w.Apply(structs.TrafficFrame{Index: 2, Groups: []structs.TrafficGroup{groupWith("g", target)}})
	until(t, "the connection is reported", func() bool {
		r, _ := w.lastDrain(2)
		return len(r.Open) == 1 && r.Open[0] == "g/127.0.0.1:"+strconv.Itoa(int(target.Port))
	})
	say(t, conn, "two")
	target.DrainUntil = structs.TimeOf(time.Now())
	w.Apply(structs.TrafficFrame{Index: 3, Groups: []structs.TrafficGroup{groupWith("g", target)}})
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is not cut")
	}
	until(t, "the end is reported", func() bool { r, ok := w.lastDrain(3); return ok && len(r.Open) == 0 })
}

// Changes of rules, targets and certificates leave connections open.
func TestChangesKeepConnections(t *testing.T) {
	a := backend(t, "a")
	w, port := one(t, groupWith("g", a))
	conn := dial(t, port)
	in := bufio.NewReader(conn)
	ask := func() string {
		t.Helper()
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		return string(body)
	}
	if body := ask(); body != "a" {
		t.Fatal(body)
	}
	changed := listenerAt("l", "HTTP", port, forwardTo("g"), hostRule(1, "x", fixed(200, "rule")))
	changed.LoadBalancer.Attributes = []structs.TrafficAttribute{{Key: "idle_timeout.timeout_seconds", Value: "30"}}
	w.Apply(structs.TrafficFrame{Index: 2, Listeners: []structs.TrafficListener{changed}})
	if body := ask(); body != "rule" {
		t.Errorf("after a change of rules: %q", body)
	}
	w.Apply(structs.TrafficFrame{Full: true, Index: 3, Groups: []structs.TrafficGroup{groupWith("g", backend(t, "b"))},
		Listeners: []structs.TrafficListener{listenerAt("l", "HTTP", port, forwardTo("g"))}})
	if body := ask(); body != "b" {
		t.Errorf("after a change of targets: %q", body)
	}
}

// A listener that goes, and an agent that stops, let open requests end and take no new ones.
func TestOpenRequestsEndWhenAPortCloses(t *testing.T) {
	for _, how := range []string{"the listener goes", "the agent stops"} {
		release, entered := make(chan struct{}), make(chan struct{})
		w, port := one(t, groupWith("g", handled(t, "a", func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-release
			io.WriteString(w, "whole")
		})))
		answer := make(chan string, 1)
		go func() { _, body, _ := get(t, port, "/"); answer <- body }()
		<-entered
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			if how == "the agent stops" {
				w.stop()
			} else {
				w.Apply(structs.TrafficFrame{GoneListeners: []string{"l"}})
			}
		}()
		until(t, how, func() bool {
			c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(port)))
			if err == nil {
				c.Close()
			}
			return err != nil
		})
		close(release)
		if body := <-answer; body != "whole" {
			t.Errorf("%s: the open request got %q", how, body)
		}
		<-stopped
	}
}

// A port that another process has is a problem in words, and is had when it is free.
func TestPortThatIsTaken(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := int32(other.Addr().(*net.TCPAddr).Port)
	w := start(t, Config{})
	w.Apply(structs.TrafficFrame{Full: true, Listeners: []structs.TrafficListener{listenerAt("l", "HTTP", port, fixed(200, "yes"))}})
	want := fmt.Sprintf("cannot listen: listen tcp 127.0.0.1:%d: bind: address already in use; trying again every second", port)
	if got := w.Stats().Listeners[0].Problem; got != want {
		t.Errorf("problem %q, want %q", got, want)
	}
	other.Close()
	until(t, "the port is open", func() bool { return w.Stats().Listeners[0].Problem == "" })
	if _, body, _ := get(t, port, "/"); body != "yes" {
		t.Errorf("answered %q", body)
	}
}

// A port whose protocol changes refuses no connection, and lets open requests end.
func TestPortChangesItsProtocol(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{})
	w, port := one(t, groupWith("g", handled(t, "a", func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-release
		io.WriteString(w, "whole")
	})))
	answer := make(chan string, 1)
	go func() { _, body, _ := get(t, port, "/"); answer <- body }()
	<-entered
	stop, refused := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(refused)
		for {
			c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(port)))
			if err != nil {
				refused <- err
				return
			}
			c.Close()
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	secure := listenerAt("l", "HTTPS", port, fixed(200, "secure"))
	secure.Listener.Certificates = []string{"arn"}
	w.Apply(structs.TrafficFrame{Listeners: []structs.TrafficListener{secure}, Certificates: []structs.TrafficCertificate{certificateFor(t, "arn", "a.org")}})
	conn, err := tls.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(port)), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	close(stop)
	if err := <-refused; err != nil {
		t.Error(err)
	}
	close(release)
	if body := <-answer; body != "whole" {
		t.Errorf("the request that was open got %q", body)
	}
}
