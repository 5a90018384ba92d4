package ecs

import (
	"context"
	"fmt"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// checkConnect refuses the parts of Service Connect that this version does not have.
func checkConnect(in *ServiceConnectConfiguration) error {
	if in == nil || !in.Enabled {
		return nil
	}
	const at = "serviceConnectConfiguration."
	err := refuse(in.AccessLogConfiguration != nil, at+"accessLogConfiguration")
	for n, s := range in.Services {
		of := fmt.Sprintf("%sservices[%d].", at, n)
		err = firstError(err,
			refuse(s.Tls != nil, of+"tls"),
			refuse(s.IngressPortOverride != nil, of+"ingressPortOverride"),
			refuse(s.Timeout != nil && s.Timeout.PerRequestTimeoutSeconds != nil && *s.Timeout.PerRequestTimeoutSeconds != 0,
				of+"timeout.perRequestTimeoutSeconds (use 0: no request is cut)"),
		)
		for m, a := range s.ClientAliases {
			err = firstError(err, refuse(a.TestTrafficRules != nil, fmt.Sprintf("%sclientAliases[%d].testTrafficRules", of, m)))
		}
	}
	return err
}

// connect reads a configuration of Service Connect. nil is no change; one that is not enabled ends
// it.
func (c *call) connect(ctx context.Context, cluster string, in *ServiceConnectConfiguration) (**structs.ServiceConnect, error) {
	if in == nil {
		return nil, nil
	}
	var out *structs.ServiceConnect
	if !in.Enabled {
		return &out, nil
	}
	namespace, err := c.connectNamespace(ctx, in.Namespace, cluster)
	if err != nil {
		return nil, err
	}
	out = &structs.ServiceConnect{Namespace: namespace}
	for _, s := range in.Services {
		one := structs.ConnectService{PortName: s.PortName, DiscoveryName: s.DiscoveryName}
		for _, a := range s.ClientAliases {
			one.Aliases = append(one.Aliases, structs.ConnectAlias{DNSName: a.DnsName, Port: *a.Port})
		}
		if s.Timeout != nil {
			one.IdleTimeout, one.RequestTimeout = s.Timeout.IdleTimeoutSeconds, s.Timeout.PerRequestTimeoutSeconds
		}
		out.Services = append(out.Services, one)
	}
	return &out, nil
}

// connectNamespace returns the name of a namespace that is given by its name or ARN; empty: the
// cluster's default.
func (c *call) connectNamespace(ctx context.Context, given, cluster string) (string, error) {
	if given == "" {
		v, err := c.control.Read(ctx)
		if err != nil {
			return "", err
		}
		row := v.Cluster(cluster)
		if row == nil || row.ServiceConnectDefaults == nil || row.ServiceConnectDefaults.Namespace == "" {
			return "", structs.Errorf(structs.KindInvalidParameter,
				"serviceConnectConfiguration.namespace is required: the cluster has no serviceConnectDefaults.")
		}
		given = row.ServiceConnectDefaults.Namespace
	}
	if !strings.HasPrefix(given, "arn:") {
		return c.control.ConnectNamespace(ctx, given, "")
	}
	id, err := c.arns.discovery().Path("serviceConnectConfiguration.namespace", given, "namespace", 1)
	if err != nil {
		return "", err
	}
	return c.control.ConnectNamespace(ctx, "", id[0])
}

// shownConnect shows a service's part in Service Connect; nil if it has none.
func shownConnect(s *structs.ServiceConnect) *ServiceConnectConfiguration {
	if s == nil {
		return nil
	}
	out := &ServiceConnectConfiguration{Enabled: true, Namespace: s.Namespace}
	for _, one := range s.Services {
		shown := ServiceConnectService{PortName: one.PortName, DiscoveryName: one.DiscoveryName}
		for _, a := range one.Aliases {
			shown.ClientAliases = append(shown.ClientAliases, ServiceConnectClientAlias{DnsName: a.DNSName, Port: &a.Port})
		}
		if one.IdleTimeout != nil || one.RequestTimeout != nil {
			shown.Timeout = &TimeoutConfiguration{IdleTimeoutSeconds: one.IdleTimeout, PerRequestTimeoutSeconds: one.RequestTimeout}
		}
		out.Services = append(out.Services, shown)
	}
	return out
}

// showConnect shows Service Connect in a deployment.
func showConnect(d *Deployment, s *structs.ServiceConnect) {
	d.ServiceConnectConfiguration = shownConnect(s)
	if s == nil {
		return
	}
	for n := range s.Services {
		d.ServiceConnectResources = append(d.ServiceConnectResources, ServiceConnectServiceResource{DiscoveryName: s.Services[n].Discovery()})
	}
}
