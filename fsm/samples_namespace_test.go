package fsm

import "github.com/gantry-project/gantry/structs"

func namespaceSamples() map[string]structs.Command {
	return map[string]structs.Command{
		"put_namespace": structs.PutNamespace{
			Namespace: structs.Namespace{
				ID: "ns-0123456789abcdef", Name: "internal", Type: structs.NamespacePrivate, Description: "d", VPC: "vpc-1", Token: "t",
				CreatedAt: 1_700_000_000_140, SOATTL: 60,
			},
			Tags: []structs.Tag{{Key: "team", Value: "a"}},
		},
		"delete_namespace": structs.DeleteNamespace{ID: "ns-0123456789abcdef"},
		"put_discovery_service": structs.PutDiscoveryService{
			Service: structs.DiscoveryService{
				ID: "srv-0123456789abcdef", Namespace: "ns-0123456789abcdef", Name: "web", Description: "d",
				Records: []structs.DiscoveryRecord{{Type: structs.RecordSRV, TTL: 10}}, Routing: "MULTIVALUE", CustomHealth: true,
				Token: "t", CreatedAt: 1_700_000_000_141,
			},
			Tags: []structs.Tag{{Key: "team", Value: "a"}},
		},
		"delete_discovery_service": structs.DeleteDiscoveryService{ID: "srv-0123456789abcdef"},
		"put_discovery_instance": structs.PutDiscoveryInstance{Instance: structs.DiscoveryInstance{
			Service: "srv-0123456789abcdef", ID: "i-1", Attributes: []structs.Tag{{Key: structs.AttributeIPv4, Value: "10.0.0.1"}},
			Unhealthy: true, Token: "t", At: 1_700_000_000_142,
		}},
		"delete_discovery_instance": structs.DeleteDiscoveryInstance{Service: "srv-0123456789abcdef", ID: "i-1"},
		"set_discovery_health":      structs.SetDiscoveryHealth{Service: "srv-0123456789abcdef", ID: "i-1", Unhealthy: true},
	}
}
