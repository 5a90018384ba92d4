package balancer

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/balancer/accesslog"
	"github.com/gantry-project/gantry/structs"
)

func TestAccessLogAndStats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	lines, err := accesslog.Open(path, accesslog.FormatJSON, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	w, port := start(t, Config{AccessLog: lines}), freePort(t)
	target := handled(t, "a", func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		w.WriteHeader(status)
	})
	away := hostRule(7, "old.org", []structs.RuleAction{{Type: structs.ActionRedirect, Redirect: &structs.Redirect{Host: "new.org", Port: "80", Status: 302}}})
	w.Apply(structs.TrafficFrame{Full: true, Groups: []structs.TrafficGroup{groupWith("g", target)},
		Listeners: []structs.TrafficListener{listenerAt("l", "HTTP", port, forwardTo("g"), away)}})
	get(t, port, "/201?q=1", "User-Agent", "test")
	get(t, port, "/404")
	get(t, port, "/503")
	get(t, port, "/x", "Host", "old.org")
	until(t, "all requests have ended", func() bool { c := w.Stats().Listeners[0].Counts; return c.Requests == 4 && c.Open == 0 })
	if err := lines.Close(); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	var entries []accesslog.Entry
	for line := range strings.Lines(string(text)) {
		var e accesslog.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(x, y accesslog.Entry) int { return x.Created.Compare(y.Created) })
	if len(entries) != 4 {
		t.Fatalf("%d lines for 4 requests:\n%s", len(entries), text)
	}
	e, host := entries[0], "127.0.0.1:"+strconv.Itoa(int(port))
	if e.Type != "http" || e.LoadBalancer != "app/lb-l/lb" || e.Target != addressOf(&target) || e.Status != 201 || e.TargetStatus != 201 ||
		e.Method != "GET" || e.URL != "http://"+host+"/201?q=1" || e.Protocol != "HTTP/1.1" || e.UserAgent != "test" || e.Actions != "forward" ||
		e.GroupARN != "targetgroup/g/g" || e.Priority != 0 || e.TargetTime < 0 || e.Sent == 0 || e.Received == 0 || e.Domain != "127.0.0.1" {
		t.Errorf("the first request: %+v", e)
	}
	if e := entries[3]; e.Actions != "redirect" || e.Redirect != "http://new.org/x" || e.Status != 302 || e.Priority != 7 || e.Target != "" || e.TargetTime != -1 {
		t.Errorf("the redirect: %+v", e)
	}
	answer := httptest.NewRecorder()
	w.Handler("i-1").ServeHTTP(answer, httptest.NewRequest("POST", "/traffic/stats", nil))
	var stats structs.TrafficStats
	if err := json.Unmarshal(answer.Body.Bytes(), &stats); err != nil {
		t.Fatal(err)
	}
	l, g := stats.Listeners[0].Counts, stats.Groups[0]
	if stats.Instance != "i-1" || l.Status2xx != 1 || l.Status3xx != 1 || l.Status4xx != 1 || l.Status5xx != 1 || l.BytesOut == 0 || l.Quantile(0.5) == 0 {
		t.Errorf("of the listener: %+v", stats.Listeners[0])
	}
	if g.Counts.Requests != 3 || g.Counts.Status3xx != 0 || g.Targets[0].Counts.Requests != 3 || g.Targets[0].Counts.Status4xx != 1 || g.Targets[0].Task != "a" {
		t.Errorf("of the group: %+v", g)
	}
}

// A request that cannot be routed is in the counters and the log, too.
func TestMalformedRequestIsLogged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	lines, err := accesslog.Open(path, accesslog.FormatALB, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	w, port := start(t, Config{AccessLog: lines}), freePort(t)
	w.Apply(structs.TrafficFrame{Full: true, Listeners: []structs.TrafficListener{listenerAt("l", "HTTP", port, fixed(200, ""))}})
	conn := dial(t, port)
	io.WriteString(conn, "no request at all\r\n\r\n")
	if answer, _ := io.ReadAll(conn); !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("answered %q", answer)
	}
	until(t, "it is counted", func() bool { return w.Stats().Listeners[0].Counts.Status4xx == 1 })
	if err := lines.Close(); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), " 400 - ") || !strings.HasPrefix(string(text), "http ") {
		t.Errorf("logged %q", text)
	}
}
