package balancer

import (
	"strconv"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func fixed(status int, body string) []structs.RuleAction {
	return []structs.RuleAction{{Type: structs.ActionFixedResponse,
		Fixed: &structs.FixedResponse{Status: status, ContentType: "text/plain", Body: body}}}
}

func TestRulesDecide(t *testing.T) {
	w := start(t, Config{})
	port := freePort(t)
	rule := hostRule(2, "*.example.org", forwardTo("a"))
	first := hostRule(1, "b.example.org", forwardTo("b"))
	first.Conditions = append(first.Conditions, structs.RuleCondition{Field: structs.FieldPathPattern, Values: []string{"/b/*"}})
	away := hostRule(3, "old.org", []structs.RuleAction{{Type: structs.ActionRedirect, Redirect: &structs.Redirect{
		Protocol: "HTTPS", Host: "new.#{host}", Port: "443", Path: "/x/#{path}", Query: "#{query}&a=1", Status: 301}}})
	same := hostRule(4, "same.org", []structs.RuleAction{{Type: structs.ActionRedirect, Redirect: &structs.Redirect{
		Protocol: "#{protocol}", Host: "#{host}", Port: "#{port}", Path: "/#{path}", Query: "#{query}", Status: 302}}})
	w.Apply(structs.TrafficFrame{Full: true, Index: 1,
		Groups:    []structs.TrafficGroup{groupWith("a", backend(t, "a")), groupWith("b", backend(t, "b")), groupWith("none")},
		Listeners: []structs.TrafficListener{listenerAt("l", "HTTP", port, fixed(404, "nothing"), first, rule, away, same, hostRule(5, "none.org", forwardTo("none")))},
	})
	for _, c := range []struct {
		host, path string
		status     int
		body       string
	}{
		{"x.example.org", "/", 200, "a"},
		{"B.example.org:8080", "/b/1", 200, "b"},
		{"b.example.org", "/c", 200, "a"},
		{"other.org", "/", 404, "nothing"},
		{"none.org", "/", 503, "503 Service Unavailable\n"},
	} {
		if status, body, _ := get(t, port, c.path, "Host", c.host); status != c.status || body != c.body {
			t.Errorf("%s%s: %d %q, want %d %q", c.host, c.path, status, body, c.status, c.body)
		}
	}
	status, _, header := get(t, port, "/p/q?x=y", "Host", "old.org:80")
	if to := header.Get("Location"); status != 301 || to != "https://new.old.org/x/p/q?x=y&a=1" {
		t.Errorf("redirect: %d to %s", status, to)
	}
	status, _, header = get(t, port, "/p", "Host", "same.org")
	if to := header.Get("Location"); status != 302 || to != "http://same.org:"+strconv.Itoa(int(port))+"/p" {
		t.Errorf("redirect to itself: %d to %s", status, to)
	}
}

// Listeners of several load balancers share a port: the one with a rule for the host gets the
// request, then the one that the host names, then the oldest.
func TestSharedPort(t *testing.T) {
	w := start(t, Config{})
	port := freePort(t)
	old, young := listenerAt("1", "HTTP", port, fixed(200, "old"), hostRule(1, "old.org", fixed(200, "old rule"))),
		listenerAt("2", "HTTP", port, fixed(200, "young"), hostRule(1, "young.org", fixed(200, "young rule")))
	young.Listener.CreatedAt = 2
	other := listenerAt("3", "TCP", port, forwardTo("a"))
	other.Listener.CreatedAt = 3
	w.Apply(structs.TrafficFrame{Full: true, Listeners: []structs.TrafficListener{other, young, old}})
	for host, want := range map[string]string{
		"old.org": "old rule", "young.org": "young rule", "x.org": "old",
		young.LoadBalancer.DNSName(): "young", old.LoadBalancer.DNSName(): "old",
	} {
		if _, body, _ := get(t, port, "/", "Host", host); body != want {
			t.Errorf("%s is answered by %q, want %q", host, body, want)
		}
	}
	for _, l := range w.Stats().Listeners {
		if (l.Problem != "") != (l.Listener == "3") {
			t.Errorf("listener %s has problem %q", l.Listener, l.Problem)
		}
	}
	w.Apply(structs.TrafficFrame{GoneListeners: []string{"1"}})
	if _, body, _ := get(t, port, "/", "Host", "x.org"); body != "young" {
		t.Errorf("when the oldest listener has gone, %q answers", body)
	}
}

func TestWeightsAndStickyGroups(t *testing.T) {
	w := start(t, Config{})
	port := freePort(t)
	actions := forwardTo("a", "b")
	actions[0].Forward.Groups[0].Weight, actions[0].Forward.Groups[1].Weight = 80, 20
	actions[0].Forward.Stickiness = 60
	frame := structs.TrafficFrame{Full: true, Groups: []structs.TrafficGroup{groupWith("a", backend(t, "a")), groupWith("b", backend(t, "b"))},
		Listeners: []structs.TrafficListener{listenerAt("l", "HTTP", port, actions)}}
	w.Apply(frame)
	count := map[string]int{}
	cookieOf := map[string]string{}
	for range 200 {
		_, body, header := get(t, port, "/")
		count[body]++
		for _, c := range header.Values("Set-Cookie") {
			if name, rest, _ := cut2(c); name == cookieGroup {
				cookieOf[body] = rest
			}
		}
	}
	if count["b"] < 15 || count["b"] > 70 {
		t.Errorf("of 200 requests at weights 80 and 20: %v", count)
	}
	for _, g := range []string{"a", "b"} {
		for range 10 {
			if _, body, _ := get(t, port, "/", "Cookie", "x=1; "+cookieGroup+"="+cookieOf[g]); body != g {
				t.Fatalf("a client of group %s went to %s", g, body)
			}
		}
	}
	// A shift that ends takes sticky clients along.
	moved := forwardTo("a", "b")
	moved[0].Forward.Groups[0].Weight, moved[0].Forward.Stickiness = 0, 60
	w.Apply(structs.TrafficFrame{Listeners: []structs.TrafficListener{listenerAt("l", "HTTP", port, moved)}})
	for range 10 {
		if _, body, _ := get(t, port, "/", "Cookie", cookieGroup+"="+cookieOf["a"]); body != "b" {
			t.Fatalf("after the shift %s answers", body)
		}
	}
	// A group without targets is passed over.
	w.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{groupWith("b")}, Listeners: []structs.TrafficListener{listenerAt("l", "HTTP", port, actions)}})
	for range 30 {
		if status, body, _ := get(t, port, "/", "Cookie", cookieGroup+"="+cookieOf["b"]); body != "a" {
			t.Fatalf("with one group empty: %d %q", status, body)
		}
	}
}

// cut2 splits a Set-Cookie value into name, value and the rest.
func cut2(text string) (name, value, rest string) {
	for i := range len(text) {
		if text[i] == '=' && name == "" {
			name, text = text[:i], text[i+1:]
			break
		}
	}
	for i := range len(text) {
		if text[i] == ';' {
			return name, text[:i], text[i:]
		}
	}
	return name, text, ""
}
