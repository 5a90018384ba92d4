package elbv2

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control/traffic"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// door is the API of a cluster of its own.
type door struct {
	*singlenode.Node
	http.Handler
	t *testing.T
}

func newDoor(t *testing.T) *door {
	t.Helper()
	c := singlenode.New(t)
	router := &protocol.Router{Services: []protocol.Service{New(traffic.New(c.Control))}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	return &door{c, router, t}
}

// call makes a call: its operation and its members, as a form.
func (d *door) call(operation, members string) (status int, body string) {
	d.t.Helper()
	form, err := url.ParseQuery(members)
	if err != nil {
		d.t.Fatal(err)
	}
	form.Set("Action", operation)
	form.Set("Version", API.Version)
	r := httptest.NewRequestWithContext(d.t.Context(), http.MethodPost, "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Code, html.UnescapeString(w.Body.String())
}

// ok makes a call that succeeds.
func (d *door) ok(operation, members string) string {
	d.t.Helper()
	status, body := d.call(operation, members)
	if status != http.StatusOK {
		d.t.Fatalf("%s %s: %d %s", operation, members, status, body)
	}
	return body
}

// make makes a call that succeeds, and returns the ARN of an element of the answer.
func (d *door) make(element, operation, members string) string {
	d.t.Helper()
	return first(d.t, d.ok(operation, members), element)
}

// first returns the text of the first element of a name.
func first(t *testing.T, body, element string) string {
	t.Helper()
	all := every(body, element)
	if len(all) == 0 {
		t.Fatalf("no %s in %s", element, body)
	}
	return all[0]
}

func every(body, element string) (texts []string) {
	for _, m := range regexp.MustCompile("<"+element+">([^<]*)</"+element+">").FindAllStringSubmatch(body, -1) {
		texts = append(texts, m[1])
	}
	return texts
}

// refused makes calls that fail, each with its code and a part of its message.
func (d *door) refused(calls ...[4]string) {
	d.t.Helper()
	for _, c := range calls {
		status, body := d.call(c[0], c[1])
		if status != http.StatusBadRequest || !strings.Contains(body, "<Code>"+c[2]+"</Code>") || !strings.Contains(body, c[3]) {
			d.t.Errorf("%s %s: %d %s\nwant %s: %s", c[0], c[1], status, body, c[2], c[3])
		}
	}
}

// front is a load balancer with a listener that forwards to a target group.
type front struct{ balancer, listener, group string }

func (d *door) front() front {
	d.t.Helper()
	var f front
	f.balancer = d.make("LoadBalancerArn", "CreateLoadBalancer", "Name=front")
	f.group = d.make("TargetGroupArn", "CreateTargetGroup", "Name=web&Protocol=HTTP&Port=80&TargetType=ip")
	f.listener = d.make("ListenerArn", "CreateListener", "LoadBalancerArn="+f.balancer+"&Protocol=HTTP&Port=80&"+forward("DefaultActions", f.group))
	return f
}

// forward is the member of an action that forwards to a target group.
func forward(member, group string) string {
	return member + ".member.1.Type=forward&" + member + ".member.1.TargetGroupArn=" + group
}

// path is the member of a condition on the path.
func path(value string) string {
	return "Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1=" + url.QueryEscape(value)
}
