package elbv2

import (
	"strings"
	"testing"
)

// TestTargets: a target is registered, drains as long as its group says, and is new if it comes
// back before.
func TestTargets(t *testing.T) {
	d := newDoor(t)
	f := d.front()
	health := func() string { return d.ok("DescribeTargetHealth", "TargetGroupArn="+f.group) }
	state := func(want ...string) {
		t.Helper()
		if got := every(health(), "State"); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("states %v, want %v", got, want)
		}
	}
	register := "TargetGroupArn=" + f.group + "&Targets.member.1.Id=192.0.2.1&Targets.member.2.Id=192.0.2.1&Targets.member.2.Port=8080"
	d.ok("RegisterTargets", register)
	state("initial", "initial")
	if ports := strings.Join(every(health(), "HealthCheckPort"), " "); ports != "80 8080" {
		t.Errorf("ports of the health checks: %s", ports)
	}
	d.ok("DeregisterTargets", "TargetGroupArn="+f.group+"&Targets.member.1.Id=192.0.2.1&Targets.member.1.Port=8080")
	state("initial", "draining")
	d.ok("DeregisterTargets", "TargetGroupArn="+f.group+"&Targets.member.1.Id=192.0.2.1") // every port
	state("draining", "draining")
	d.ok("RegisterTargets", register)
	state("initial", "initial")
	d.ok("DeregisterTargets", "TargetGroupArn="+f.group+"&Targets.member.1.Id=192.0.2.1&Targets.member.1.Port=80")
	state("draining", "initial")
	if shown := d.ok("DescribeTargetHealth", "TargetGroupArn="+f.group+"&Targets.member.1.Id=192.0.2.9"); !strings.Contains(shown, "Target.NotRegistered") {
		t.Errorf("a target that is not registered: %s", shown)
	}
	d.ok("ModifyListener", "ListenerArn="+f.listener+"&DefaultActions.member.1.Type=fixed-response&DefaultActions.member.1.FixedResponseConfig.StatusCode=404")
	state("draining", "unused")
	d.ok("DeregisterTargets", "TargetGroupArn="+f.group+"&Targets.member.1.Id=192.0.2.1") // nothing to wait for
	state()
}

// TestTargetsThatCannotBe are refused: what is no address, what only an ingress instance itself
// reaches, and instances that do not exist.
func TestTargetsThatCannotBe(t *testing.T) {
	d := newDoor(t)
	f := d.front()
	instances := d.make("TargetGroupArn", "CreateTargetGroup", "Name=i&Protocol=HTTP&Port=80")
	six := d.make("TargetGroupArn", "CreateTargetGroup", "Name=six&Protocol=HTTP&Port=80&TargetType=ip&IpAddressType=ipv6")
	i := d.AddInstance(t, "default", 1024, 1024)
	d.ok("RegisterTargets", "TargetGroupArn="+instances+"&Targets.member.1.Id="+i.EC2ID())
	d.ok("RegisterTargets", "TargetGroupArn="+six+"&Targets.member.1.Id=2001:db8::1")
	for id, code := range map[string]string{
		"web.example.org": "ValidationError", "2001:db8::1": "ValidationError", "::ffff:192.0.2.1": "ValidationError", "192.0.2.1/32": "ValidationError",
		"127.0.0.1": "InvalidTarget", "169.254.169.254": "InvalidTarget", "0.0.0.0": "InvalidTarget", "224.0.0.1": "InvalidTarget",
	} {
		d.refused([4]string{"RegisterTargets", "TargetGroupArn=" + f.group + "&Targets.member.1.Id=" + id, code, id})
	}
	d.refused(
		[4]string{"RegisterTargets", "TargetGroupArn=" + instances + "&Targets.member.1.Id=i-00000000000000000", "InvalidTarget", "not in a running state"},
		[4]string{"RegisterTargets", "TargetGroupArn=" + six + "&Targets.member.1.Id=192.0.2.1", "ValidationError", "not a valid IPv6 address"},
		[4]string{"RegisterTargets", "TargetGroupArn=" + f.group + "&Targets.member.1.Id=192.0.2.1&Targets.member.1.Port=70000", "ValidationError", "70000"},
	)
}
