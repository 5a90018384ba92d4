package fsm

import "github.com/gantry-project/gantry/structs"

func trafficSamples() map[string]structs.Command {
	tags := []structs.Tag{{Key: "team", Value: "a"}}
	attributes := []structs.TrafficAttribute{{Key: "idle_timeout.timeout_seconds", Value: "90"}}
	actions := []structs.RuleAction{
		{Type: structs.ActionForward, Order: 1, Forward: &structs.ForwardAction{
			Groups: []structs.WeightedGroup{{TargetGroup: "73e2d6bc24d8a067", Weight: 3}}, Stickiness: 60,
		}},
		{Type: structs.ActionRedirect, Redirect: &structs.Redirect{Protocol: "HTTPS", Host: "#{host}", Port: "443", Path: "/#{path}", Query: "#{query}", Status: 301}},
		{Type: structs.ActionFixedResponse, Fixed: &structs.FixedResponse{Status: 404, ContentType: "text/plain", Body: "no"}},
	}
	health := structs.TargetHealth{
		State: structs.TargetUnhealthy, Reason: "Target.Timeout", Description: "Request timed out", Since: 1_700_000_000_200,
		Seen: []structs.TargetSeen{{Instance: "i1", State: structs.TargetUnhealthy, Reason: "Target.Timeout", Description: "Request timed out", At: 1_700_000_000_201}},
	}
	return map[string]structs.Command{
		"put_load_balancer": structs.PutLoadBalancer{
			LoadBalancer: structs.LoadBalancer{
				ID: "50dc6c495c0c9188", Name: "web", Type: structs.LoadBalancerApplication, Scheme: "internal", IPAddressType: "ipv4",
				Subnets: []string{"subnet-1"}, SecurityGroups: []string{"sg-1"}, Attributes: attributes, CreatedAt: 1_700_000_000_190,
				Owner: "gateway/web", Version: 2,
			},
			Was: 1, Tags: tags,
		},
		"delete_load_balancer": structs.DeleteLoadBalancer{ID: "50dc6c495c0c9188"},
		"put_listener": structs.PutListener{
			Listener: structs.Listener{
				ID: "f2f7dc8efc522ab2", LoadBalancer: "50dc6c495c0c9188", Protocol: structs.ProtocolHTTPS, Port: 443,
				Certificates: []string{"arn:aws:acm:us-east-1:000000000000:certificate/1"}, SSLPolicy: structs.DefaultSSLPolicy,
				ALPN: []string{"HTTP2Preferred"}, Attributes: attributes, DefaultActions: actions, DefaultRule: "9683b2d02a6cabee",
				CreatedAt: 1_700_000_000_191, Version: 2,
			},
			Was: 1, Tags: tags,
		},
		"delete_listener": structs.DeleteListener{ID: "f2f7dc8efc522ab2"},
		"put_listener_rule": structs.PutListenerRule{
			Rule: structs.ListenerRule{
				ID: "1683b2d02a6cabee", Listener: "f2f7dc8efc522ab2", Priority: 10, Actions: actions, CreatedAt: 1_700_000_000_192, Version: 2,
				Conditions: []structs.RuleCondition{
					{Field: structs.FieldHTTPHeader, Values: []string{"a*"}, Regex: []string{"^b$"}, Header: "X-Team"},
					{Field: structs.FieldQueryString, Query: []structs.QueryPair{{Key: "k", Value: "v"}}},
				},
			},
			Was: 1, Tags: tags,
		},
		"delete_listener_rule": structs.DeleteListenerRule{ID: "1683b2d02a6cabee"},
		"set_rule_priorities":  structs.SetRulePriorities{Priorities: []structs.RulePriority{{Rule: "1683b2d02a6cabee", Priority: 20}}},
		"put_target_group": structs.PutTargetGroup{
			Group: structs.TargetGroup{
				ID: "73e2d6bc24d8a067", Name: "web", Protocol: structs.ProtocolHTTP, ProtocolVersion: structs.VersionHTTP1, Port: 80,
				TargetType: structs.TargetTypeIP, IPAddressType: "ipv4", VPC: "vpc-1",
				Check: structs.TargetCheck{
					Enabled: true, Protocol: structs.ProtocolHTTP, Port: structs.TrafficPort, Path: "/", Interval: 30, Timeout: 5, Healthy: 5, Unhealthy: 2,
					Matcher: "200",
				},
				Attributes: attributes, CreatedAt: 1_700_000_000_193, Owner: "gateway/web", Version: 2,
			},
			Was: 1, Tags: tags,
		},
		"delete_target_group": structs.DeleteTargetGroup{ID: "73e2d6bc24d8a067"},
		"register_targets": structs.RegisterTargets{
			TargetGroup: "73e2d6bc24d8a067",
			Targets: []structs.Target{{
				TargetGroup: "73e2d6bc24d8a067", Target: "10.0.0.7", Port: 80, Zone: "a", Health: health, RegisteredAt: 1_700_000_000_194,
				DrainUntil: 1_700_000_000_195,
			}},
		},
		"deregister_targets": structs.DeregisterTargets{
			TargetGroup: "73e2d6bc24d8a067", Targets: []structs.TargetKey{{Target: "10.0.0.7", Port: 80}}, DrainUntil: 1_700_000_000_196,
		},
	}
}
