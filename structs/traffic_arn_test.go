package structs

import "testing"

func TestTrafficARNsRoundTrip(t *testing.T) {
	b := &LoadBalancer{Name: "Web", ID: "50dc6c495c0c9188", Type: LoadBalancerApplication}
	l := &Listener{ID: "f2f7dc8efc522ab2", LoadBalancer: b.ID}
	g := &TargetGroup{Name: "web", ID: "73e2d6bc24d8a067"}
	for arn, want := range map[string]TrafficResource{
		b.Resource():                          {ResourceLoadBalancer, "Web", b.ID, "", b.ID},
		g.Resource():                          {ResourceTargetGroup, "web", "", "", g.ID},
		l.Resource(b):                         {ResourceListener, "Web", b.ID, l.ID, l.ID},
		l.RuleResource(b, "9683b2d02a6cabee"): {ResourceListenerRule, "Web", b.ID, l.ID, "9683b2d02a6cabee"},
	} {
		full := TrafficARN("us-east-1", "000000000000", arn)
		if got, err := ParseTrafficARN("us-east-1", "000000000000", full, want.Kind); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", full, got, err, want)
		}
		if _, err := ParseTrafficARN("eu-west-1", "000000000000", full, want.Kind); err == nil {
			t.Errorf("%s was taken for another region", full)
		}
		if _, err := ParseTrafficARN("", "", full, "secret"); err == nil {
			t.Errorf("%s was taken for another kind", full)
		}
	}
	if got := b.DNSName(); got != "web-50dc6c495c0c9188.elb.gantry" {
		t.Errorf("DNS name %s", got)
	}
	for _, bad := range []string{"", "web", "arn:aws:elasticloadbalancing:r:a:targetgroup/web", "arn:aws:elasticloadbalancing:r:a:targetgroup/web/zz",
		"arn:aws:elasticloadbalancing:r:a:loadbalancer/other/web/50dc6c495c0c9188"} {
		if r, err := ParseTrafficARN("", "", bad, ResourceTargetGroup, ResourceLoadBalancer); err == nil {
			t.Errorf("%q was read as %+v", bad, r)
		}
	}
}
