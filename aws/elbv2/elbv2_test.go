package elbv2

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestTheSameAgainIsTheSame: elbv2 answers a repeated request with what is there, unless it asks
// for something else.
func TestTheSameAgainIsTheSame(t *testing.T) {
	d := newDoor(t)
	f := d.front()
	for _, again := range []struct{ element, operation, members, want string }{
		{"LoadBalancerArn", "CreateLoadBalancer", "Name=front", f.balancer},
		{"TargetGroupArn", "CreateTargetGroup", "Name=web&Protocol=HTTP&Port=80&TargetType=ip", f.group},
		{"ListenerArn", "CreateListener", "LoadBalancerArn=" + f.balancer + "&Protocol=HTTP&Port=80&" + forward("DefaultActions", f.group), f.listener},
	} {
		if got := d.make(again.element, again.operation, again.members); got != again.want {
			t.Errorf("%s again: %s, want %s", again.operation, got, again.want)
		}
	}
	d.refused(
		[4]string{"CreateLoadBalancer", "Name=front&Scheme=internal", "DuplicateLoadBalancerName", "A load balancer with the same name 'front' exists, but with different settings"},
		[4]string{"CreateTargetGroup", "Name=web&Protocol=HTTP&Port=81&TargetType=ip", "DuplicateTargetGroupName", "A target group with the same name 'web' exists, but with different settings"},
		[4]string{"CreateListener", "LoadBalancerArn=" + f.balancer + "&Protocol=HTTPS&Port=80&" + forward("DefaultActions", f.group), "DuplicateListener", "A listener already exists on this port"},
		[4]string{"CreateListener", "LoadBalancerArn=" + f.balancer + "&Protocol=HTTPS&Port=443&Certificates.member.1.CertificateArn=arn:aws:acm:us-east-1:000000000000:certificate/6f1d2c3b-0000-4000-8000-000000000000&" +
			forward("DefaultActions", f.group), "CertificateNotFound", "gantry cert import"},
	)
}

// TestWhatIsUsedStays: a target group that a rule names cannot be deleted, nor a protected load
// balancer; what is deleted takes everything below it along.
func TestWhatIsUsedStays(t *testing.T) {
	d := newDoor(t)
	f := d.front()
	rule := d.make("RuleArn", "CreateRule", "ListenerArn="+f.listener+"&Priority=10&"+path("/a")+"&"+forward("Actions", f.group)+
		"&Tags.member.1.Key=team&Tags.member.1.Value=a")
	d.ok("ModifyListener", "ListenerArn="+f.listener+"&DefaultActions.member.1.Type=fixed-response&DefaultActions.member.1.FixedResponseConfig.StatusCode=404")
	inUse := [4]string{"DeleteTargetGroup", "TargetGroupArn=" + f.group, "ResourceInUse", "is currently in use by a listener or a rule"}
	d.refused(inUse)
	d.ok("ModifyLoadBalancerAttributes", "LoadBalancerArn="+f.balancer+"&Attributes.member.1.Key=deletion_protection.enabled&Attributes.member.1.Value=true")
	d.refused([4]string{"DeleteLoadBalancer", "LoadBalancerArn=" + f.balancer, "OperationNotPermitted", "deletion protection is enabled"})
	d.ok("ModifyLoadBalancerAttributes", "LoadBalancerArn="+f.balancer+"&Attributes.member.1.Key=deletion_protection.enabled&Attributes.member.1.Value=false")
	d.ok("DeleteLoadBalancer", "LoadBalancerArn="+f.balancer)
	d.ok("DeleteLoadBalancer", "LoadBalancerArn="+f.balancer) // gone is gone (elbv2)
	d.refused(
		[4]string{"DescribeLoadBalancers", "LoadBalancerArns.member.1=" + f.balancer, "LoadBalancerNotFound", "not found"},
		[4]string{"DescribeListeners", "ListenerArns.member.1=" + f.listener, "ListenerNotFound", "One or more listeners not found"},
		[4]string{"DescribeRules", "RuleArns.member.1=" + rule, "RuleNotFound", "One or more rules not found"},
	)
	if tags := d.Store.Snapshot().Tags(rule[strings.Index(rule, "listener-rule"):]); len(tags) > 0 {
		t.Errorf("the tags of a rule outlive it: %v", tags)
	}
	d.ok(inUse[0], inUse[1])
}

// TestRules: priorities are unique, change all at once, and the default rule is its listener's.
func TestRules(t *testing.T) {
	d := newDoor(t)
	f := d.front()
	rules := map[int]string{}
	for n := 1; n <= 3; n++ {
		rules[n] = d.make("RuleArn", "CreateRule", fmt.Sprintf("ListenerArn=%s&Priority=%d0&%s&%s", f.listener, n, path("/"+fmt.Sprint(n)+"/*"), forward("Actions", f.group)))
	}
	d.refused(
		[4]string{"CreateRule", "ListenerArn=" + f.listener + "&Priority=20&" + path("/x") + "&" + forward("Actions", f.group), "PriorityInUse", "Priority '20' is currently in use"},
		[4]string{"SetRulePriorities", "RulePriorities.member.1.RuleArn=" + rules[1] + "&RulePriorities.member.1.Priority=20", "PriorityInUse", "Priority '20' is currently in use"},
		[4]string{"SetRulePriorities", "RulePriorities.member.1.RuleArn=" + rules[1] + "&RulePriorities.member.1.Priority=5&RulePriorities.member.2.RuleArn=" + rules[2] +
			"&RulePriorities.member.2.Priority=5", "PriorityInUse", "Priority '5' is given to two rules"},
	)
	d.ok("SetRulePriorities", "RulePriorities.member.1.RuleArn="+rules[1]+"&RulePriorities.member.1.Priority=20&RulePriorities.member.2.RuleArn="+rules[2]+
		"&RulePriorities.member.2.Priority=10")
	shown := d.ok("DescribeRules", "ListenerArn="+f.listener)
	if got := every(shown, "Priority"); !slices.Equal(got, []string{"10", "20", "30", "default"}) {
		t.Errorf("priorities %v", got)
	}
	arns := every(shown, "RuleArn")
	if !slices.Equal(arns[:3], []string{rules[2], rules[1], rules[3]}) {
		t.Errorf("rules %v", arns)
	}
	d.ok("ModifyRule", "RuleArn="+arns[3]+"&Actions.member.1.Type=redirect&Actions.member.1.RedirectConfig.Protocol=HTTPS&Actions.member.1.RedirectConfig.StatusCode=HTTP_301")
	for _, want := range []string{"<Host>#{host}</Host>", "<Path>/#{path}</Path>", "<Query>#{query}</Query>", "<Port>#{port}</Port>", "<StatusCode>HTTP_301</StatusCode>"} {
		if shown := d.ok("DescribeListeners", "LoadBalancerArn="+f.balancer); !strings.Contains(shown, want) {
			t.Errorf("no %s in %s", want, shown)
		}
	}
	d.refused(
		[4]string{"DeleteRule", "RuleArn=" + arns[3], "OperationNotPermitted", "cannot be deleted"},
		[4]string{"ModifyRule", "RuleArn=" + arns[3] + "&" + path("/x"), "OperationNotPermitted", "cannot be modified"},
		[4]string{"SetRulePriorities", "RulePriorities.member.1.RuleArn=" + arns[3] + "&RulePriorities.member.1.Priority=5", "OperationNotPermitted", "cannot be set"},
	)
	d.ok("DeleteRule", "RuleArn="+rules[1])
	if got := every(d.ok("DescribeRules", "ListenerArn="+f.listener), "Priority"); !slices.Equal(got, []string{"10", "30", "default"}) {
		t.Errorf("priorities after one was deleted: %v", got)
	}
}

// TestPages: lists come in pages, whole and in order.
func TestPages(t *testing.T) {
	d := newDoor(t)
	var want []string
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		d.ok("CreateLoadBalancer", "Name="+name)
		d.ok("CreateTargetGroup", "Name="+name+"&Protocol=TCP&Port=80")
		want = append(want, name)
	}
	for operation, element := range map[string]string{"DescribeLoadBalancers": "LoadBalancerName", "DescribeTargetGroups": "TargetGroupName"} {
		var got []string
		for marker, n := "", 0; n == 0 || marker != ""; n++ {
			body := d.ok(operation, "PageSize=2&Marker="+marker)
			got = append(got, every(body, element)...)
			marker = strings.Join(every(body, "NextMarker"), "")
			if n > 3 {
				t.Fatal("the pages do not end")
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", operation, got, want)
		}
	}
	d.refused([4]string{"DescribeLoadBalancers", "Marker=nonsense", "ValidationError", "did not come from DescribeLoadBalancers"})
}

// TestTags: tags of all four kinds, also from their creation; empty values are shown.
func TestTags(t *testing.T) {
	d := newDoor(t)
	f := d.front()
	arns := "ResourceArns.member.1=" + f.balancer + "&ResourceArns.member.2=" + f.listener + "&ResourceArns.member.3=" + f.group +
		"&ResourceArns.member.4=" + every(d.ok("DescribeRules", "ListenerArn="+f.listener), "RuleArn")[0]
	d.ok("AddTags", arns+"&Tags.member.1.Key=team&Tags.member.1.Value=web&Tags.member.2.Key=empty")
	if shown := d.ok("DescribeTags", arns); strings.Count(shown, "<Key>team</Key><Value>web</Value>") != 4 || strings.Count(shown, "<Key>empty</Key><Value></Value>") != 4 {
		t.Errorf("tags %s", shown)
	}
	d.ok("RemoveTags", arns+"&TagKeys.member.1=team")
	if shown := d.ok("DescribeTags", arns); strings.Contains(shown, "team") {
		t.Errorf("tags %s", shown)
	}
	d.refused(
		[4]string{"AddTags", "ResourceArns.member.1=" + f.group + "0&Tags.member.1.Key=a", "ValidationError", "is not a valid load balancer or target group"},
		[4]string{"AddTags", "ResourceArns.member.1=" + strings.Replace(f.group, "/web/", "/other/", 1) + "&Tags.member.1.Key=a", "TargetGroupNotFound", "not found"},
		[4]string{"AddTags", arns + "&Tags.member.1.Key=a&Tags.member.2.Key=a", "DuplicateTagKeys", "given twice"},
		[4]string{"AddTags", arns + "&Tags.member.1.Key=aws:a", "ValidationError", "reserved"},
	)
}
