package control_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// newDeployNode returns a cluster with a machine.
func newDeployNode(t *testing.T, changes ...func(*control.Config)) *singlenode.Node {
	t.Helper()
	n := singlenode.New(t, changes...)
	n.AddInstance(t, structs.DefaultCluster, 8192, 16384)
	return n
}

func deploy(t *testing.T, n *singlenode.Node, in structs.Deploy) *structs.Deployed {
	t.Helper()
	out, err := n.Control.Deploy(t.Context(), in)
	noError(t, err)
	return out
}

// definitionOf returns the definition that a service runs.
func definitionOf(n *singlenode.Node, name string) *structs.TaskDefinition {
	snap := n.Store.Snapshot()
	return snap.TaskDefinition(snap.Service(structs.DefaultCluster, name).TaskDefinition)
}

// An image alone becomes a service with a load balancer, a listener for HTTPS, one for HTTP that
// leads there, a target group that its tasks are in, and a rule.
func TestDeployMakesAllThatAServiceNeeds(t *testing.T) {
	n := newDeployNode(t)
	out := deploy(t, n, structs.Deploy{Name: "web", Image: "nginx:1", Port: 8080, Count: new(3), Hosts: []string{"Web.Example.org"}})
	if diff := cmp.Diff([]string{"https://web.example.org"}, out.URLs); diff != "" {
		t.Error(diff)
	}
	snap := n.Store.Snapshot()
	balancer := snap.LoadBalancerNamed(structs.SharedBalancer)
	if balancer == nil || balancer.Owner != structs.OwnerShared || balancer.Type != structs.LoadBalancerApplication {
		t.Fatalf("the load balancer is %+v", balancer)
	}
	listeners := slices.Collect(snap.Listeners(balancer.ID))
	if len(listeners) != 2 || listeners[0].Port != 80 || listeners[1].Port != 443 || listeners[1].Protocol != structs.ProtocolHTTPS {
		t.Fatalf("the listeners are %+v", listeners)
	}
	if to := listeners[0].DefaultActions[0].Redirect; to == nil || to.Protocol != structs.ProtocolHTTPS || to.Port != "443" || to.Host != "#{host}" {
		t.Errorf("HTTP leads to %+v", to)
	}
	rules := slices.Collect(snap.ListenerRules(listeners[1].ID))
	if len(rules) != 1 || rules[0].Owner != "deploy/default/web" || rules[0].Priority == 0 {
		t.Fatalf("the rules are %+v", rules)
	}
	if diff := cmp.Diff([]structs.RuleCondition{{Field: structs.FieldHostHeader, Values: []string{"web.example.org"}}}, rules[0].Conditions); diff != "" {
		t.Error(diff)
	}
	group := snap.TargetGroup(rules[0].Actions[0].Forward.Groups[0].TargetGroup)
	if group == nil || group.Owner != "deploy/default/web" || group.Protocol != structs.ProtocolHTTP || group.TargetType != structs.TargetTypeInstance {
		t.Fatalf("the target group is %+v", group)
	}
	service := snap.Service(structs.DefaultCluster, "web")
	want := []structs.ServiceLoadBalancer{{TargetGroup: group.ID, Container: "web", ContainerPort: 8080, Owner: "deploy/default/web"}}
	if diff := cmp.Diff(want, service.Service.LoadBalancers); diff != "" {
		t.Error(diff)
	}
	if service.Count != 3 || service.Service.HealthGrace != structs.ExposedGrace || !service.Service.Update.Rollback {
		t.Errorf("the service is %+v, %+v", service, service.Service)
	}
	if c := definitionOf(n, "web").ContainerDefinitions[0]; *c.PortMappings[0].ContainerPort != 8080 || c.PortMappings[0].HostPort != nil && *c.PortMappings[0].HostPort != 0 {
		t.Errorf("the container maps %+v", c.PortMappings)
	}
}

// Another image is a new revision; what the request does not name stays as it is.
func TestDeployAgainChangesOnlyWhatItNames(t *testing.T) {
	n := newDeployNode(t)
	first := deploy(t, n, structs.Deploy{
		Name: "web", Image: "app:1", Port: 3000, Count: new(2), Hosts: []string{"a.example.org"}, HealthPath: "/up", Memory: 64, CPU: 32,
		Environment: []structs.KeyValuePair{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}, Command: []string{"serve"},
	})
	second := deploy(t, n, structs.Deploy{
		Name: "web", Image: "app:2", Environment: []structs.KeyValuePair{{Name: "B", Value: "3"}}, Unset: []string{"A"},
	})
	if second.Result != structs.JobUpdated || second.Deployment == "" || second.WasImage != "app:1" || second.Image != "app:2" || second.TaskDefinition == first.TaskDefinition {
		t.Errorf("the answer is %+v", second)
	}
	if diff := cmp.Diff(first.URLs, second.URLs); diff != "" {
		t.Error(diff)
	}
	c := definitionOf(n, "web").ContainerDefinitions[0]
	if c.Image != "app:2" || *c.Memory != 64 || c.Cpu != 32 || c.Command[0] != "serve" || *c.PortMappings[0].ContainerPort != 3000 {
		t.Errorf("the container is %+v", c)
	}
	if diff := cmp.Diff([]structs.KeyValuePair{{Name: "B", Value: "3"}}, c.Environment); diff != "" {
		t.Error(diff)
	}
	if job := n.Store.Snapshot().Service("default", "web"); job.Count != 2 || job.Service.Expose.HealthPath != "/up" {
		t.Errorf("the service is %+v with %+v", job, job.Service.Expose)
	}
	same := deploy(t, n, structs.Deploy{Name: "web", Image: "app:2"})
	if same.Result != structs.JobUnchanged {
		t.Errorf("the same again: %+v", same)
	}
	forced := deploy(t, n, structs.Deploy{Name: "web", Image: "app:2", Force: true})
	if forced.Result != structs.JobUpdated || forced.Deployment == "" || forced.Deployment == second.Deployment {
		t.Errorf("with force: %+v", forced)
	}
}

// Undo brings back what the version before ran, and keeps the count. Again, it brings back what it
// undid.
func TestUndoGoesBackAndForth(t *testing.T) {
	n := newDeployNode(t)
	deploy(t, n, structs.Deploy{Name: "web", Image: "app:1", Hosts: []string{"a.example.org"}})
	_, err := n.Control.Undo(t.Context(), structs.DefaultCluster, "web")
	expectError(t, err, structs.KindConflict, "nothing to go back to")
	deploy(t, n, structs.Deploy{Name: "web", Image: "app:2", Hosts: []string{"b.example.org"}})
	deploy(t, n, structs.Deploy{Name: "web", Image: "app:2", Count: new(4)})
	for _, want := range []struct{ image, url string }{{"app:1", "https://a.example.org"}, {"app:2", "https://b.example.org"}} {
		out, err := n.Control.Undo(t.Context(), structs.DefaultCluster, "web")
		noError(t, err)
		if out.Image != want.image || out.URLs[0] != want.url || out.Deployment == "" || out.Undone != out.Version-1 {
			t.Errorf("undo: %+v, want %s", out, want.image)
		}
		if job := n.Store.Snapshot().Service("default", "web"); job.Count != 4 {
			t.Errorf("the count is %d", job.Count)
		}
		rule := n.Store.Snapshot().ListenerRule(structs.ExposedRule("deploy/default/web"))
		if got := "https://" + rule.Conditions[0].Values[0]; got != want.url {
			t.Errorf("requests for %s, want %s", got, want.url)
		}
	}
	_, err = n.Control.Undo(t.Context(), structs.DefaultCluster, "nosuch")
	expectError(t, err, structs.KindServiceNotFound, "")
}

// Without a host name the service gets one; ports that are not the usual ones are in the URL.
func TestDeployWithoutHost(t *testing.T) {
	n := newDeployNode(t, func(c *control.Config) {
		c.Ingress = structs.Ingress{HTTPPort: 8080, HTTPSPort: 8443, Domain: "apps.example.org"}
	})
	out := deploy(t, n, structs.Deploy{Name: "My_Web", Image: "app:1", Path: "/api/"})
	if diff := cmp.Diff([]string{"https://my-web.default.apps.example.org:8443/api"}, out.URLs); diff != "" {
		t.Error(diff)
	}
	if again := deploy(t, n, structs.Deploy{Name: "My_Web", Image: "app:1"}); again.Result != structs.JobUnchanged {
		t.Errorf("again: %+v", again)
	}
	l := n.Store.Snapshot().Listener(structs.SharedListener())
	http := slices.Collect(n.Store.Snapshot().Listeners(l.LoadBalancer))[0]
	if l.Port != 8443 || http.Port != 8080 || http.DefaultActions[0].Redirect.Port != "8443" {
		t.Errorf("the listeners are %+v and %+v", http, l)
	}
}

// A host name and path belong to one service. Longer paths come first.
func TestHostsOfSeveralServices(t *testing.T) {
	n := newDeployNode(t)
	deploy(t, n, structs.Deploy{Name: "all", Image: "i", Hosts: []string{"*.example.org"}})
	deploy(t, n, structs.Deploy{Name: "web", Image: "i", Hosts: []string{"www.example.org", "example.org"}})
	deploy(t, n, structs.Deploy{Name: "api", Image: "i", Hosts: []string{"www.example.org"}, Path: "/api"})
	deploy(t, n, structs.Deploy{Name: "v2", Image: "i", Hosts: []string{"www.example.org"}, Path: "/api/v2"})
	_, err := n.Control.Deploy(t.Context(), structs.Deploy{Name: "other", Image: "i", Hosts: []string{"x.example.org", "EXAMPLE.org"}})
	expectError(t, err, structs.KindInvalidParameter, "example.org already go to service default/web")
	if n.Store.Snapshot().Service("default", "other") != nil {
		t.Error("the refused service exists")
	}
	var order []string
	for r := range n.Store.Snapshot().ListenerRules(structs.SharedListener()) {
		order = append(order, r.Owner)
	}
	if diff := cmp.Diff([]string{"deploy/default/v2", "deploy/default/api", "deploy/default/web", "deploy/default/all"}, order); diff != "" {
		t.Error(diff)
	}
}

// When a service is deleted its rule goes at once, and its target group with its last task.
func TestDeletedServicesLeaveNothing(t *testing.T) {
	n := newDeployNode(t)
	deploy(t, n, structs.Deploy{Name: "web", Image: "i", Hosts: []string{"a.example.org"}})
	owner := "deploy/default/web"
	n.RunPlaced(t)
	_, err := n.Control.StopJob(t.Context(), structs.DefaultCluster, "web")
	noError(t, err)
	snap := n.Store.Snapshot()
	if snap.ListenerRule(structs.ExposedRule(owner)) != nil || snap.TargetGroup(structs.ExposedGroup(owner)) == nil {
		t.Error("a service that is being stopped has its rule still, or no target group")
	}
	n.StopReported(t)
	snap = n.Store.Snapshot()
	if s := snap.Service("default", "web"); s.Status != structs.ServiceInactive {
		t.Fatalf("the service is %s", s.Status)
	}
	if snap.TargetGroup(structs.ExposedGroup(owner)) != nil {
		t.Error("the target group is left")
	}
	deploy(t, n, structs.Deploy{Name: "again", Image: "i", Hosts: []string{"a.example.org"}})
}

func TestDeployRefuses(t *testing.T) {
	n := newDeployNode(t)
	for _, c := range []struct {
		in   structs.Deploy
		text string
	}{
		{structs.Deploy{Name: "web"}, "image: "},
		{structs.Deploy{Image: "i"}, "name: "},
		{structs.Deploy{Name: "web", Image: "i", Hosts: []string{"not a host"}}, "expose.hosts"},
		{structs.Deploy{Name: "web", Image: "i", Hosts: []string{"a.org", "a.org"}}, "there twice"},
		{structs.Deploy{Name: "web", Image: "i", Path: "api"}, "expose.path"},
		{structs.Deploy{Name: "web", Image: "i", HealthPath: "up"}, "expose.healthPath"},
		{structs.Deploy{Name: "web", Image: "i", Port: 70000}, "expose.port"},
		{structs.Deploy{Name: "web", Image: "i", Cluster: "nosuch"}, "there is no cluster nosuch"},
	} {
		_, err := n.Control.Deploy(t.Context(), c.in)
		if err == nil {
			t.Errorf("%+v is accepted", c.in)
			continue
		}
		expectError(t, err, structs.KindOf(err), c.text)
	}
	if snap := n.Store.Snapshot(); snap.LoadBalancerNamed(structs.SharedBalancer) != nil {
		t.Error("a refused request made a load balancer")
	}
}
