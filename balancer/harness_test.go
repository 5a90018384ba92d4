package balancer

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// world is a balancer that runs, and what it reported.
type world struct {
	t *testing.T
	*Balancer
	stop func()

	mu      sync.Mutex
	reports []structs.TargetReport
	drains  []structs.DrainReport
}

func start(t *testing.T, cfg Config) *world {
	t.Helper()
	w := &world{t: t}
	cfg.Address = "127.0.0.1"
	if cfg.Grace == 0 {
		cfg.Grace = 5 * time.Second
	}
	cfg.ReportTargets = func(_ context.Context, list []structs.TargetReport) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.reports = append(w.reports, list...)
		return nil
	}
	cfg.ReportDrains = func(_ context.Context, r structs.DrainReport) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.drains = append(w.drains, r)
		return nil
	}
	w.Balancer = New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	w.stop = func() { cancel(); <-done }
	t.Cleanup(w.stop)
	return w
}

// until waits until a condition holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// lastDrain returns the newest drain report, if it is of a frame or a later one.
func (w *world) lastDrain(index uint64) (r structs.DrainReport, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.drains) == 0 {
		return r, false
	}
	r = w.drains[len(w.drains)-1]
	return r, r.Index >= index
}

// freePort returns a port that is free at this moment.
func freePort(t *testing.T) int32 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return int32(l.Addr().(*net.TCPAddr).Port)
}

// backend is a target that answers with its name.
func backend(t *testing.T, name string) structs.TrafficTarget {
	return handled(t, name, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, name) })
}

func handled(t *testing.T, name string, h http.HandlerFunc) structs.TrafficTarget {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return targetAt(t, name, server.Listener.Addr().String())
}

func targetAt(t *testing.T, task, address string) structs.TrafficTarget {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(port)
	return structs.TrafficTarget{Address: host, Port: int32(n), Task: task, State: structs.TargetHealthy, Weight: 1}
}

func groupWith(id string, targets ...structs.TrafficTarget) structs.TrafficGroup {
	return structs.TrafficGroup{ID: id, Group: structs.TargetGroup{ID: id, Name: id, Protocol: "HTTP", ProtocolVersion: "HTTP1"}, Targets: targets}
}

func forwardTo(groups ...string) []structs.RuleAction {
	f := &structs.ForwardAction{}
	for _, g := range groups {
		f.Groups = append(f.Groups, structs.WeightedGroup{TargetGroup: g, Weight: 1})
	}
	return []structs.RuleAction{{Type: structs.ActionForward, Forward: f}}
}

// listenerAt returns a listener of a load balancer, whose id is the listener's and b.
func listenerAt(id, protocol string, port int32, actions []structs.RuleAction, rules ...structs.ListenerRule) structs.TrafficListener {
	return structs.TrafficListener{
		Listener:     structs.Listener{ID: id, LoadBalancer: id + "b", Protocol: protocol, Port: port, DefaultActions: actions, CreatedAt: 1},
		LoadBalancer: structs.LoadBalancer{ID: id + "b", Name: "lb-" + id}, Rules: rules,
	}
}

func hostRule(priority int, host string, actions []structs.RuleAction) structs.ListenerRule {
	return structs.ListenerRule{ID: "r" + host, Priority: priority, Actions: actions,
		Conditions: []structs.RuleCondition{{Field: structs.FieldHostHeader, Values: []string{host}}}}
}

// client does not follow redirects and keeps no connections.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       10 * time.Second,
}

// get asks a port, with headers in pairs, and returns the status and the body.
func get(t *testing.T, port int32, path string, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest("GET", "http://127.0.0.1:"+strconv.Itoa(int(port))+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		} else {
			req.Header.Add(headers[i], headers[i+1])
		}
	}
	answer, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body), answer.Header
}
