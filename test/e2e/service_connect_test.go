package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// connected makes a service of Service Connect with an alias, whose tasks answer at port 80.
func (d *dev) connected(name string, mode types.NetworkMode, protocol types.ApplicationProtocol, alias types.ServiceConnectClientAlias) *service {
	d.t.Helper()
	main := app("app")
	main.Image, main.Memory = aws.String(testutil.AppImage), aws.Int32(16)
	main.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), Name: aws.String("web"), AppProtocol: protocol}}
	if _, err := d.ecs.RegisterTaskDefinition(d.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(name), NetworkMode: mode, ContainerDefinitions: []types.ContainerDefinition{main},
	}); err != nil {
		d.t.Fatal(err)
	}
	s := d.create(2, name, func(in *ecs.CreateServiceInput) {
		in.ServiceName = aws.String(name)
		if mode == types.NetworkModeAwsvpc {
			in.NetworkConfiguration = &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}
		}
		in.ServiceConnectConfiguration = &types.ServiceConnectConfiguration{
			Enabled: true, Namespace: aws.String("shop"), Services: []types.ServiceConnectService{{
				PortName: aws.String("web"), DiscoveryName: aws.String(name), ClientAliases: []types.ServiceConnectClientAlias{alias},
			}},
		}
	})
	s.stable()
	return s
}

// TestServiceConnect: containers reach the tasks of a service by its alias, at the alias's port and
// not at theirs, and until its last task has stopped.
func TestServiceConnect(t *testing.T) {
	d := startDev(t)
	web := d.connected("web", types.NetworkModeAwsvpc, types.ApplicationProtocolHttp,
		types.ServiceConnectClientAlias{Port: aws.Int32(8000), DnsName: aws.String("web")})
	d.connected("cart", types.NetworkModeBridge, "", types.ServiceConnectClientAlias{Port: aws.Int32(6000)})
	ok := func(status int, _ string) bool { return status == http.StatusOK }
	for _, mode := range []types.NetworkMode{types.NetworkModeBridge, types.NetworkModeAwsvpc} {
		a := startAsker(d, mode, 80, func(*ecs.RegisterTaskDefinitionInput) {})
		a.soon("http://web:8000/env", ok) // and not web.default.gantry, whose tasks have no such port
		a.soon("http://cart.shop:6000/env", ok)
		defer a.stopTask(a.arn)
		if mode == types.NetworkModeBridge {
			continue
		}
		web.update(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(0) })
		web.stable()
		a.soon("http://web:8000/env", func(status int, _ string) bool { return status == http.StatusServiceUnavailable })
		web.update(func(in *ecs.UpdateServiceInput) {
			in.DesiredCount = aws.Int32(1)
			in.ServiceConnectConfiguration = &types.ServiceConnectConfiguration{Enabled: false}
		})
		web.stable()
		a.soon("http://web:8000/env", func(status int, text string) bool {
			return status == http.StatusBadGateway && strings.Contains(text, "connection refused")
		})
		a.soon("http://web/env", ok) // the service's own name again
	}
	deployment := d.connected("views", types.NetworkModeAwsvpc, "", types.ServiceConnectClientAlias{Port: aws.Int32(1)}).describe().Deployments[0]
	if c := deployment.ServiceConnectConfiguration; c == nil || !c.Enabled || aws.ToString(c.Namespace) != "shop" || len(c.Services) != 1 {
		t.Errorf("%+v", c)
	}
	if r := deployment.ServiceConnectResources; len(r) != 1 || aws.ToString(r[0].DiscoveryName) != "views" {
		t.Errorf("%+v", r)
	}
}
