package aws

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// tool calls the door as a tool of the network does, with signed requests.
type tool struct {
	t    *testing.T
	door http.Handler
}

func (c *tool) send(service, target, contentType, body string) []byte {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	sigv4.Sign(r, []byte(body), "AKIAIOSFODNN7EXAMPLE", "secret", "eu-west-1", service, time.Now())
	w := httptest.NewRecorder()
	c.door.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		c.t.Fatalf("%s %s: %d %s", target, body, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// ecs calls an operation of ECS.
func (c *tool) ecs(operation string, in, out any) {
	c.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		c.t.Fatal(err)
	}
	answer := c.send("ecs", "AmazonEC2ContainerServiceV20141113."+operation, "application/x-amz-json-1.1", string(body))
	if err := json.Unmarshal(answer, out); err != nil {
		c.t.Fatal(err)
	}
}

// ec2 calls an operation of EC2.
func (c *tool) ec2(action string, members url.Values, out any) {
	c.t.Helper()
	members.Set("Action", action)
	members.Set("Version", "2016-11-15")
	answer := c.send("ec2", "", "application/x-www-form-urlencoded; charset=utf-8", members.Encode())
	if err := xml.Unmarshal(answer, out); err != nil {
		c.t.Fatal(err)
	}
}

type object = map[string]any

// running is a state with two machines and a task on each, with one port.
func running(t *testing.T) *singlenode.Node {
	t.Helper()
	c := singlenode.New(t)
	_, err := c.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{
		Name: "web", Image: "nginx", Memory: new(int32(128)), PortMappings: []structs.PortMapping{{ContainerPort: new(int32(80))}},
		DockerLabels: map[string]string{"traefik.enable": "true"},
	}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		i := c.AddInstance(t, "default", 1024, 1024)
		again := *i
		again.Address = fmt.Sprintf("10.0.0.%d", n+1)
		if _, err := c.Control.RegisterInstance(t.Context(), again); err != nil {
			t.Fatal(err)
		}
	}
	placed, err := c.Control.RunTask(t.Context(), control.RunTaskInput{Job: structs.Job{
		Cluster: "default", TaskDefinition: "web", Count: 2,
		PlacementConstraints: []structs.PlacementConstraint{{Type: structs.ConstraintDistinctInstance}},
	}})
	if err != nil || len(placed.Tasks) != 2 {
		t.Fatalf("%+v: %v", placed, err)
	}
	for n, task := range placed.Tasks {
		port := int32(32768 + n)
		err := c.Control.ReportTasks(t.Context(), task.Instance, 0, []structs.TaskUpdate{{
			Task: task.ID, Status: structs.TaskRunning, StartedAt: structs.TimeOf(time.Now()),
			Containers: []structs.Container{{Name: "web", LastStatus: structs.TaskRunning, NetworkBindings: []structs.NetworkBinding{
				{BindIP: "0.0.0.0", ContainerPort: new(int32(80)), HostPort: &port, Protocol: "tcp"},
			}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// TestTasksAreJoinedToAddresses makes the calls of Traefik's ECS provider, in its order, and joins
// their answers as it does: task, container instance, EC2 instance, address. Prometheus's ECS
// discovery and OpenTelemetry's observer join the same way.
func TestTasksAreJoinedToAddresses(t *testing.T) {
	c := running(t)
	d := &tool{t, New(Config{Control: c.Control, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})}
	var clusters struct{ ClusterArns []string }
	d.ecs("ListClusters", object{}, &clusters)
	cluster := clusters.ClusterArns[0]
	var tasks struct{ TaskArns []string }
	d.ecs("ListTasks", object{"cluster": cluster, "desiredStatus": "RUNNING"}, &tasks)
	var described struct {
		Tasks []struct {
			TaskDefinitionArn, ContainerInstanceArn, LastStatus string
			Containers                                          []struct {
				Name            string
				NetworkBindings []struct{ ContainerPort, HostPort int }
			}
		}
	}
	d.ecs("DescribeTasks", object{"cluster": cluster, "tasks": tasks.TaskArns}, &described)
	var of []string
	for _, task := range described.Tasks {
		of = append(of, task.ContainerInstanceArn)
	}
	var instances struct {
		ContainerInstances []struct{ ContainerInstanceArn, Ec2InstanceID string }
	}
	d.ecs("DescribeContainerInstances", object{"cluster": cluster, "containerInstances": of}, &instances)
	ids, machines := url.Values{}, map[string]string{}
	for n, i := range instances.ContainerInstances {
		ids.Set(fmt.Sprintf("InstanceId.%d", n+1), i.Ec2InstanceID)
		machines[i.ContainerInstanceArn] = i.Ec2InstanceID
	}
	var ec2 struct {
		Instances []struct {
			ID      string `xml:"instanceId"`
			Address string `xml:"privateIpAddress"`
			State   string `xml:"instanceState>name"`
		} `xml:"reservationSet>item>instancesSet>item"`
	}
	d.ec2("DescribeInstances", ids, &ec2)
	addresses := map[string]string{}
	for _, i := range ec2.Instances {
		if i.State != "running" {
			t.Errorf("instance %+v does not run", i)
		}
		addresses[i.ID] = i.Address
	}
	servers := map[string]bool{}
	for _, task := range described.Tasks {
		var definition struct {
			TaskDefinition struct {
				ContainerDefinitions []struct{ DockerLabels map[string]string }
			}
		}
		d.ecs("DescribeTaskDefinition", object{"taskDefinition": task.TaskDefinitionArn}, &definition)
		if definition.TaskDefinition.ContainerDefinitions[0].DockerLabels["traefik.enable"] != "true" || task.LastStatus != "RUNNING" {
			t.Errorf("task %+v of %+v", task, definition)
		}
		address := addresses[machines[task.ContainerInstanceArn]]
		servers[net.JoinHostPort(address, fmt.Sprint(task.Containers[0].NetworkBindings[0].HostPort))] = true
	}
	// The first task is on either machine.
	one := servers["10.0.0.1:32768"] && servers["10.0.0.2:32769"]
	other := servers["10.0.0.2:32768"] && servers["10.0.0.1:32769"]
	if len(servers) != 2 || !one && !other {
		t.Errorf("servers %v", servers)
	}
	var interfaces struct {
		Addresses []string `xml:"networkInterfaceSet>item>privateIpAddress"`
	}
	d.ec2("DescribeNetworkInterfaces", url.Values{"Filter.1.Name": {"attachment.instance-id"}, "Filter.1.Value.1": {ec2.Instances[0].ID}}, &interfaces)
	if len(interfaces.Addresses) != 1 || interfaces.Addresses[0] != ec2.Instances[0].Address {
		t.Errorf("interfaces %+v of %+v", interfaces, ec2.Instances[0])
	}
	// What places tasks knows an instance by the same id.
	var listed struct{ ContainerInstanceArns []string }
	d.ecs("ListContainerInstances", object{"filter": "ec2InstanceId == " + ec2.Instances[0].ID}, &listed)
	if len(listed.ContainerInstanceArns) != 1 || machines[listed.ContainerInstanceArns[0]] != ec2.Instances[0].ID {
		t.Errorf("listed %v", listed.ContainerInstanceArns)
	}
}
