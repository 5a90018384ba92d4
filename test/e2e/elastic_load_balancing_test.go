package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// elb runs aws elbv2 and reads what it prints.
func (d *dev) elbCLI(out any, args ...string) {
	d.t.Helper()
	d.json(out, append([]string{"elbv2"}, args...)...)
}

// elbQuiet runs aws elbv2 on something that has no answer.
func (d *dev) elbQuiet(args ...string) {
	d.t.Helper()
	if text, err := d.awsCLI(append([]string{"elbv2"}, args...)...); err != nil {
		d.t.Fatalf("aws elbv2 %s: %v\n%s", strings.Join(args, " "), err, text)
	}
}

// elbRefused runs aws elbv2 on what is refused.
func (d *dev) elbRefused(want string, args ...string) {
	d.t.Helper()
	if text, err := d.awsCLI(append([]string{"elbv2"}, args...)...); err == nil || !strings.Contains(text, want) {
		d.t.Errorf("aws elbv2 %s: %v\n%s\nwant %s", strings.Join(args, " "), err, text, want)
	}
}

// made returns the ARN that a call answers.
func (d *dev) made(query string, args ...string) string {
	d.t.Helper()
	var arn string
	d.elbCLI(&arn, append(args, "--query", query)...)
	return arn
}

// TestLoadBalancersByTheCLI: the aws CLI makes a load balancer with everything that belongs to it,
// waits for it, changes it, looks at it page by page, and takes it away again.
func TestLoadBalancersByTheCLI(t *testing.T) {
	d := startDev(t)
	group := d.made("TargetGroups[0].TargetGroupArn", "create-target-group", "--name", "web", "--protocol", "HTTP", "--port", "80",
		"--target-type", "ip", "--vpc-id", "vpc-1", "--health-check-path", "/health", "--matcher", "HttpCode=200-299")
	balancer := d.made("LoadBalancers[0].LoadBalancerArn", "create-load-balancer", "--name", "Front", "--subnets", "subnet-1", "subnet-2",
		"--security-groups", "sg-1", "--tags", "Key=team,Value=web", "Key=empty,Value=")
	for _, waiter := range []string{"load-balancer-exists", "load-balancer-available"} {
		d.elbQuiet("wait", waiter, "--load-balancer-arns", balancer)
	}
	listener := d.made("Listeners[0].ListenerArn", "create-listener", "--load-balancer-arn", balancer, "--protocol", "HTTP", "--port", "8081",
		"--default-actions", "Type=forward,TargetGroupArn="+group)
	rule := d.made("Rules[0].RuleArn", "create-rule", "--listener-arn", listener, "--priority", "10",
		"--conditions", "Field=path-pattern,Values=/old/*", "Field=http-request-method,HttpRequestMethodConfig={Values=[GET,HEAD]}",
		"--actions", "Type=redirect,RedirectConfig={Path=/new,StatusCode=HTTP_301}")
	d.elbRefused("PriorityInUse", "create-rule", "--listener-arn", listener, "--priority", "10", "--conditions", "Field=path-pattern,Values=/x",
		"--actions", "Type=forward,TargetGroupArn="+group)
	d.elbRefused("ResourceInUse", "delete-target-group", "--target-group-arn", group)
	d.elbRefused("InvalidTarget", "register-targets", "--target-group-arn", group, "--targets", "Id=127.0.0.1")
	d.elbQuiet("register-targets", "--target-group-arn", group, "--targets", "Id=192.0.2.1,Port=8080")
	var states []string
	d.elbCLI(&states, "describe-target-health", "--target-group-arn", group, "--query", "TargetHealthDescriptions[].TargetHealth.State")
	if len(states) != 1 || states[0] != "initial" && states[0] != "unhealthy" {
		t.Errorf("states %v", states)
	}
	d.elbQuiet("modify-target-group-attributes", "--target-group-arn", group, "--attributes", "Key=deregistration_delay.timeout_seconds,Value=0")
	d.elbQuiet("deregister-targets", "--target-group-arn", group, "--targets", "Id=192.0.2.1,Port=8080")
	d.elbQuiet("wait", "target-deregistered", "--target-group-arn", group, "--targets", "Id=192.0.2.1,Port=8080")
	d.listedLoadBalancer(balancer, listener, rule)
	d.elbQuiet("delete-load-balancer", "--load-balancer-arn", balancer)
	d.elbQuiet("wait", "load-balancers-deleted", "--load-balancer-arns", balancer)
	d.elbQuiet("delete-target-group", "--target-group-arn", group)
	d.elbRefused("TargetGroupNotFound", "describe-target-groups", "--names", "web")
}

// listedLoadBalancer looks at a load balancer among others, as people do.
func (d *dev) listedLoadBalancer(balancer, listener, rule string) {
	t := d.t
	t.Helper()
	want := []string{"Front"}
	for n := range 3 {
		want = append(want, fmt.Sprint("other-", n))
		d.elbQuiet("create-load-balancer", "--name", want[n+1], "--type", "network")
	}
	// With --page-size this CLI shows one page, for its own options and elbv2's have the same name.
	var names []string
	for token := []string{}; len(names) < len(want); {
		var page struct {
			LoadBalancers []struct{ LoadBalancerName string }
			NextToken     string
		}
		d.elbCLI(&page, append([]string{"describe-load-balancers", "--max-items", "3"}, token...)...)
		for _, b := range page.LoadBalancers {
			names = append(names, b.LoadBalancerName)
		}
		if token = []string{"--starting-token", page.NextToken}; page.NextToken == "" {
			break
		}
	}
	if slices.Sort(names); !slices.Equal(names, want) {
		t.Errorf("load balancers %v, want %v", names, want)
	}
	var shown struct {
		LoadBalancers []struct{ DNSName, State, Type string }
	}
	d.elbCLI(&shown, "describe-load-balancers", "--names", "Front", "--query", "{LoadBalancers: LoadBalancers[].{DNSName: DNSName, State: State.Code, Type: Type}}")
	id := balancer[strings.LastIndex(balancer, "/")+1:]
	if b := shown.LoadBalancers[0]; b.DNSName != "front-"+id+".elb.gantry" || b.State != "active" || b.Type != "application" {
		t.Errorf("the load balancer is shown as %+v", b)
	}
	var tags []struct{ Key, Value string }
	d.elbCLI(&tags, "describe-tags", "--resource-arns", balancer, "--query", "TagDescriptions[0].Tags")
	if got := fmt.Sprint(tags); got != "[{team web} {empty }]" {
		t.Errorf("tags %s", got)
	}
	var rules []string
	d.elbCLI(&rules, "describe-rules", "--listener-arn", listener, "--query", "Rules[].Priority")
	if !slices.Equal(rules, []string{"10", "default"}) {
		t.Errorf("priorities %v", rules)
	}
	d.elbQuiet("modify-rule", "--rule-arn", rule, "--conditions", "Field=host-header,HostHeaderConfig={Values=[*.example.org]}")
	var hosts []string
	d.elbCLI(&hosts, "describe-rules", "--rule-arns", rule, "--query", "Rules[0].Conditions[0].Values")
	if !slices.Equal(hosts, []string{"*.example.org"}) {
		t.Errorf("hosts %v", hosts)
	}
}
