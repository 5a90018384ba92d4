package aws

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
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

// tool calls the door as a network tool does, with signed requests.
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

// running returns a state with two machines and a task with one port on each.
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

// discovery makes the calls of Traefik's ECS provider and keeps the answers.
type discovery struct {
	*tool
	cluster string
	tasks   []foundTask
	// machines has the id of the EC2 instance of each container instance, and addresses the address
	// of each EC2 instance.
	machines, addresses map[string]string
}

// foundTask is a task as DescribeTasks shows it.
type foundTask struct {
	TaskDefinitionArn, ContainerInstanceArn, LastStatus string
	Containers                                          []struct {
		NetworkBindings []struct{ HostPort int }
	}
}

// readTasks reads the running tasks of the cluster.
func (d *discovery) readTasks() {
	var clusters struct{ ClusterArns []string }
	d.ecs("ListClusters", object{}, &clusters)
	d.cluster = clusters.ClusterArns[0]
	var tasks struct{ TaskArns []string }
	d.ecs("ListTasks", object{"cluster": d.cluster, "desiredStatus": "RUNNING"}, &tasks)
	var described struct{ Tasks []foundTask }
	d.ecs("DescribeTasks", object{"cluster": d.cluster, "tasks": tasks.TaskArns}, &described)
	d.tasks = described.Tasks
}

// readMachines reads the EC2 instances of the tasks.
func (d *discovery) readMachines() {
	var of []string
	for _, task := range d.tasks {
		of = append(of, task.ContainerInstanceArn)
	}
	var described struct {
		ContainerInstances []struct{ ContainerInstanceArn, Ec2InstanceID string }
	}
	d.ecs("DescribeContainerInstances", object{"cluster": d.cluster, "containerInstances": of}, &described)
	ids := url.Values{}
	d.machines, d.addresses = map[string]string{}, map[string]string{}
	for n, i := range described.ContainerInstances {
		ids.Set(fmt.Sprintf("InstanceId.%d", n+1), i.Ec2InstanceID)
		d.machines[i.ContainerInstanceArn] = i.Ec2InstanceID
	}
	var ec2 struct {
		Instances []struct {
			ID      string `xml:"instanceId"`
			Address string `xml:"privateIpAddress"`
			State   string `xml:"instanceState>name"`
		} `xml:"reservationSet>item>instancesSet>item"`
	}
	d.ec2("DescribeInstances", ids, &ec2)
	for _, i := range ec2.Instances {
		if i.State != "running" {
			d.t.Errorf("instance %+v does not run", i)
		}
		d.addresses[i.ID] = i.Address
	}
}

// server returns the address and port of a task, and checks that its labels ask for Traefik.
func (d *discovery) server(task foundTask) string {
	var definition struct {
		TaskDefinition struct {
			ContainerDefinitions []struct{ DockerLabels map[string]string }
		}
	}
	d.ecs("DescribeTaskDefinition", object{"taskDefinition": task.TaskDefinitionArn}, &definition)
	if definition.TaskDefinition.ContainerDefinitions[0].DockerLabels["traefik.enable"] != "true" || task.LastStatus != "RUNNING" {
		d.t.Errorf("task %+v of %+v", task, definition)
	}
	address := d.addresses[d.machines[task.ContainerInstanceArn]]
	return net.JoinHostPort(address, fmt.Sprint(task.Containers[0].NetworkBindings[0].HostPort))
}

// discover reads the tasks and machines of a state with running tasks.
func discover(t *testing.T) *discovery {
	t.Helper()
	door := New(Config{Control: running(t).Control, Logger: slog.New(slog.DiscardHandler)})
	d := &discovery{tool: &tool{t, door}}
	d.readTasks()
	d.readMachines()
	return d
}

// TestTasksAreJoinedToAddresses makes the calls of Traefik's ECS provider, in its order, and joins
// their answers as it does: task, container instance, EC2 instance, address. Prometheus's ECS
// discovery and OpenTelemetry's observer join them the same way.
func TestTasksAreJoinedToAddresses(t *testing.T) {
	d := discover(t)
	servers := map[string]bool{}
	for _, task := range d.tasks {
		servers[d.server(task)] = true
	}
	// The first task is on either machine.
	one := servers["10.0.0.1:32768"] && servers["10.0.0.2:32769"]
	other := servers["10.0.0.2:32768"] && servers["10.0.0.1:32769"]
	if len(servers) != 2 || !one && !other {
		t.Errorf("servers %v", servers)
	}
}

// EC2's network interfaces and ECS's filters know a machine by the id that DescribeInstances shows.
func TestMachinesHaveOneID(t *testing.T) {
	d := discover(t)
	for id, address := range d.addresses {
		var interfaces struct {
			Addresses []string `xml:"networkInterfaceSet>item>privateIpAddress"`
		}
		d.ec2("DescribeNetworkInterfaces", url.Values{"Filter.1.Name": {"attachment.instance-id"}, "Filter.1.Value.1": {id}}, &interfaces)
		if len(interfaces.Addresses) != 1 || interfaces.Addresses[0] != address {
			t.Errorf("interfaces %+v of %s, which has %s", interfaces, id, address)
		}
		var listed struct{ ContainerInstanceArns []string }
		d.ecs("ListContainerInstances", object{"filter": "ec2InstanceId == " + id}, &listed)
		if len(listed.ContainerInstanceArns) != 1 || d.machines[listed.ContainerInstanceArns[0]] != id {
			t.Errorf("listed %v for %s", listed.ContainerInstanceArns, id)
		}
	}
}
