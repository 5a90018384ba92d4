package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// awsvpcService makes a service whose tasks have addresses of their own and answer at port 80.
func (d *dev) awsvpcService(name string, count int32, with ...func(*ecs.CreateServiceInput)) *service {
	d.t.Helper()
	main := app("app")
	main.Image, main.Memory = aws.String(testutil.AppImage), aws.Int32(16)
	main.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	if _, err := d.ecs.RegisterTaskDefinition(d.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(name), NetworkMode: types.NetworkModeAwsvpc, ContainerDefinitions: []types.ContainerDefinition{main},
	}); err != nil {
		d.t.Fatal(err)
	}
	s := d.create(count, name, append(with, func(in *ecs.CreateServiceInput) {
		in.ServiceName = aws.String(name)
		in.NetworkConfiguration = &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}
	})...)
	s.stable()
	return s
}

// soon asks from inside a container until the answer is as wanted, and returns how long that took.
func (a *asker) soon(target string, wanted func(status int, text string) bool) time.Duration {
	a.t.Helper()
	start := time.Now()
	for {
		status, text := a.ask(http.MethodGet, target, "")
		took := time.Since(start)
		if wanted(status, text) {
			return took
		}
		if took > patience {
			a.t.Fatalf("%s: %d %s", target, status, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestNames: a container reaches a service by its name, in each network mode with a resolver of
// its own, and the name goes with the tasks.
func TestNames(t *testing.T) {
	d := startDev(t)
	for mode, port := range map[types.NetworkMode]int32{types.NetworkModeBridge: 80, types.NetworkModeAwsvpc: 80} {
		t.Run(string(mode), func(t *testing.T) {
			inside := &dev{t: t, ecs: d.ecs, address: d.address}
			a := startAsker(inside, mode, port, func(*ecs.RegisterTaskDefinitionInput) {})
			defer a.stopTask(a.arn)
			name := "web-" + string(mode)
			web := inside.awsvpcService(name, 2)
			ok := func(status int, _ string) bool { return status == http.StatusOK }
			a.soon("http://"+name+".default.gantry/env", ok)
			a.soon("http://"+name+"/env", ok) // CLUSTER.gantry is searched
			web.update(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(0) })
			web.stable()
			took := a.soon("http://"+name+".default.gantry/env", func(status int, text string) bool {
				return status == http.StatusBadGateway && strings.Contains(text, "no such host")
			})
			if took > 2*time.Second {
				t.Errorf("the name had addresses for %v after the last task", took)
			}
		})
	}
}

// TestCloudMap: the tasks of a service with a registry are instances of Cloud Map, and have its
// name.
func TestCloudMap(t *testing.T) {
	d := startDev(t)
	var made struct{ OperationId string }
	d.json(&made, "servicediscovery", "create-private-dns-namespace", "--name", "shop.internal", "--vpc", "vpc-1")
	var operation struct {
		Operation struct {
			Status  string
			Targets struct{ NAMESPACE string }
		}
	}
	d.json(&operation, "servicediscovery", "get-operation", "--operation-id", made.OperationId)
	if operation.Operation.Status != "SUCCESS" {
		t.Fatalf("%+v", operation)
	}
	var created struct{ Service struct{ Arn, Id string } }
	d.json(&created, "servicediscovery", "create-service", "--name", "api", "--namespace-id", operation.Operation.Targets.NAMESPACE,
		"--dns-config", "DnsRecords=[{Type=A,TTL=1},{Type=SRV,TTL=1}]", "--health-check-custom-config", "FailureThreshold=1")
	s := d.awsvpcService("api", 2, func(in *ecs.CreateServiceInput) {
		in.ServiceRegistries = []types.ServiceRegistry{{RegistryArn: &created.Service.Arn, ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}}
	})
	if shown := s.describe().ServiceRegistries; len(shown) != 1 || aws.ToString(shown[0].RegistryArn) != created.Service.Arn {
		t.Errorf("registries: %+v", shown)
	}
	var instances struct {
		Instances []struct {
			Id         string
			Attributes map[string]string
		}
	}
	d.json(&instances, "servicediscovery", "list-instances", "--service-id", created.Service.Id)
	if len(instances.Instances) != 2 || instances.Instances[0].Attributes["AWS_INSTANCE_PORT"] != "80" ||
		instances.Instances[0].Attributes["ECS_SERVICE_NAME"] != "api" {
		t.Errorf("instances: %+v", instances)
	}
	if text := d.discover("shop.internal", "api"); strings.Count(text, `"HealthStatus":"HEALTHY"`) != 2 {
		t.Errorf("DiscoverInstances: %s", text)
	}
	a := startAsker(d, types.NetworkModeBridge, 80, func(*ecs.RegisterTaskDefinitionInput) {})
	a.soon("http://api.shop.internal/env", func(status int, _ string) bool { return status == http.StatusOK })
	if text, err := d.awsCLI("servicediscovery", "delete-service", "--id", created.Service.Id); err == nil || !strings.Contains(text, "ResourceInUse") {
		t.Errorf("a registry in use is deleted: %s", text)
	}
}

// discover calls DiscoverInstances, which the CLI sends to another host name (data-HOST).
func (d *dev) discover(namespace, service string) string {
	d.t.Helper()
	body := fmt.Sprintf(`{"NamespaceName":%q,"ServiceName":%q}`, namespace, service)
	r, _ := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.address, strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "Route53AutoNaming_v20170314.DiscoverInstances")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer w.Body.Close()
	text, _ := io.ReadAll(w.Body)
	return string(text)
}
