package fsm

import "github.com/gantry-project/gantry/structs"

func gatewaySamples() map[string]structs.Command {
	gateway := structs.Gateway{
		Name: "edge", Role: "arn:aws:iam::000000000000:role/r", PropagateTags: "GATEWAY", Protected: true, Scheme: "internet-facing", Desync: "defensive",
		MaxBalancers: 10, IPAddressType: "dualstack", Subnets: []string{"subnet-1"}, SecurityGroup: "sg-1", ClientToken: "t",
		CreatedAt: 1_700_000_000_160, UpdatedAt: 1_700_000_000_161,
	}
	exposed, connected := sampleService(), sampleService()
	exposed.Service = &structs.ServiceSpec{
		Controller:    structs.ControllerECS,
		LoadBalancers: []structs.ServiceLoadBalancer{{TargetGroup: "0123456789abcdef", Container: "Main", ContainerPort: 80, Owner: "deploy/prod/web"}},
		Expose: &structs.Expose{
			Port: 80, Container: "Main", Hosts: []string{"web.example.org"}, Path: "/api", HealthPath: "/ping", ProtocolVersion: "HTTP2",
		},
		Express: &structs.ExpressService{
			InfrastructureRole: "arn:aws:iam::000000000000:role/r", Own: true,
			Scaling: structs.ExpressScaling{MinTasks: 1, MaxTasks: 3, Metric: structs.ExpressMetric, Target: 60},
		},
	}
	connected.Service = &structs.ServiceSpec{
		Controller: structs.ControllerECS,
		Gateway: &structs.GatewayConnector{
			PortName: "http", Container: "app", Port: 80, Protocol: "http", AccessTypes: []string{structs.AccessPublic},
			Check: &structs.ConnectorCheck{
				Path: "/", Port: 81, Protocol: structs.ProtocolHTTP, Interval: 30, Timeout: 5, Healthy: 5, Unhealthy: 2, Matcher: "200",
			},
			Routes: []structs.GatewayRoute{{Gateway: "edge", Host: "web.prod.edge.example.org"}},
		},
	}
	eval := structs.Evaluation{
		ID: "6123456789abcdef0123456789abcdef", Cluster: "prod", Job: exposed.ID, Because: structs.BecauseServiceCreated,
		Status: structs.EvaluationReady, CreatedAt: 1_700_000_000_162,
	}
	ingress := structs.Ingress{HTTPPort: 8080, HTTPSPort: 8443, Domain: "example.org"}
	return map[string]structs.Command{
		"put_gateway":           structs.PutGateway{Gateway: gateway, New: true, Tags: []structs.Tag{{Key: "a", Value: "b"}}},
		"delete_gateway":        structs.DeleteGateway{Gateway: "edge"},
		"associate_gateway":     structs.AssociateGateway{Gateway: "edge", Cluster: "prod"},
		"disassociate_gateway":  structs.DisassociateGateway{Gateway: "edge", Cluster: "prod"},
		"put_job_exposed":       structs.PutJob{Job: exposed, Evaluation: eval, Ingress: ingress},
		"put_service_connected": structs.PutService{Job: connected, Evaluation: eval, Ingress: ingress},
	}
}
