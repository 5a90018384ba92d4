package ecs

import (
	"github.com/gantry-project/gantry/structs"
)

// connectorOf reads a service's connectors for a change: nil leaves what the service has, and an
// empty list removes it.
func connectorOf(given []GatewayConnector) (**structs.GatewayConnector, error) {
	switch {
	case given == nil:
		return nil, nil
	case len(given) == 0:
		return new((*structs.GatewayConnector)(nil)), nil
	case len(given) > 1:
		return nil, structs.Errorf(structs.KindInvalidParameter, "gatewayConnectors: a service can have one connector, and there are %d", len(given))
	}
	in := given[0]
	out := &structs.GatewayConnector{PortName: in.PortName}
	if in.Filters != nil {
		out.AccessTypes = in.Filters.AccessTypes
	}
	if h := in.HealthCheck; h != nil {
		out.Check = &structs.ConnectorCheck{
			Path: h.HealthCheckPath, Port: numberOf(h.HealthCheckPort), Protocol: h.HealthCheckProtocol, Interval: numberOf(h.HealthCheckIntervalSeconds),
			Timeout: numberOf(h.HealthCheckTimeoutSeconds), Healthy: numberOf(h.HealthyThresholdCount), Unhealthy: numberOf(h.UnhealthyThresholdCount),
		}
		if m := h.Matcher; m != nil {
			if m.HttpCode != "" && m.GrpcCode != "" {
				return nil, structs.Errorf(structs.KindInvalidParameter, "gatewayConnectors[0].healthCheck.matcher: give httpCode or grpcCode, not both")
			}
			out.Check.Matcher = m.HttpCode + m.GrpcCode
		}
	}
	return &out, nil
}

// shownConnectors shows the connector of a service as it was given.
func shownConnectors(g *structs.GatewayConnector) []GatewayConnector {
	if g == nil {
		return nil
	}
	out := GatewayConnector{PortName: g.PortName}
	if len(g.AccessTypes) > 0 {
		out.Filters = &GatewayConnectorFilters{AccessTypes: g.AccessTypes}
	}
	if h := g.Check; h != nil {
		out.HealthCheck = &GatewayConnectorHealthCheck{
			HealthCheckPath: h.Path, HealthCheckPort: ifGiven(h.Port), HealthCheckProtocol: h.Protocol, HealthCheckIntervalSeconds: ifGiven(h.Interval),
			HealthCheckTimeoutSeconds: ifGiven(h.Timeout), HealthyThresholdCount: ifGiven(h.Healthy), UnhealthyThresholdCount: ifGiven(h.Unhealthy),
		}
		switch {
		case h.Matcher == "":
		case g.Protocol == "grpc":
			out.HealthCheck.Matcher = &GatewayConnectorHealthCheckMatcher{GrpcCode: h.Matcher}
		default:
			out.HealthCheck.Matcher = &GatewayConnectorHealthCheckMatcher{HttpCode: h.Matcher}
		}
	}
	return []GatewayConnector{out}
}

func numberOf(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}

// ifGiven returns a pointer to a number; nil for zero, which nobody gave.
func ifGiven(n int32) *int32 {
	if n == 0 {
		return nil
	}
	return &n
}
