package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

func ports(t *testing.T, d *dev) {
	fixed := freePort(t)
	web := app("web", "serve")
	web.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	web2 := app("fixed", "serve")
	web2.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(fixed)}}
	udp := app("udp", "udp")
	udp.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), Protocol: types.TransportProtocolUdp}}
	family := d.family(web, web2, udp)
	arn := d.run(family)
	task := d.await(arn, "RUNNING")
	get(t, hostPort(t, container(t, task, "web"), 80), "/")
	if got := hostPort(t, container(t, task, "fixed"), 80); got != fixed {
		t.Errorf("fixed port %d became %d", fixed, got)
	}
	get(t, fixed, "/")
	if echo := udpEcho(t, hostPort(t, container(t, task, "udp"), 80)); echo != "ping" {
		t.Errorf("udp answered %q", echo)
	}
	out, err := d.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String(family)})
	if err != nil || len(out.Failures) != 1 || aws.ToString(out.Failures[0].Reason) != "RESOURCE:PORTS" {
		t.Errorf("second task on the same fixed port: %v %+v", err, out)
	}
	d.stopTask(arn)
}

func portRanges(t *testing.T, d *dev) {
	web := app("web", "serve")
	web.PortMappings = []types.PortMapping{{ContainerPortRange: aws.String("78-81")}}
	arn := d.run(d.family(web))
	bindings := container(t, d.await(arn, "RUNNING"), "web").NetworkBindings
	if len(bindings) != 1 || aws.ToString(bindings[0].ContainerPortRange) != "78-81" || bindings[0].ContainerPort != nil || bindings[0].HostPort != nil {
		t.Fatalf("network bindings %+v", bindings)
	}
	var first, last int32
	if _, err := fmt.Sscanf(aws.ToString(bindings[0].HostPortRange), "%d-%d", &first, &last); err != nil || last-first != 3 {
		t.Fatalf("host ports %s, error %v", aws.ToString(bindings[0].HostPortRange), err)
	}
	get(t, first+2, "/")
	d.stopTask(arn)
}

// The containers of a task reach each other by the names that their links give; other tasks do not
// matter. The definition names them in the wrong order.
func links(t *testing.T, d *dev) {
	web := app("web", "fetch", "http://database/", "Hello from backend")
	web.Links = []string{"db:database"}
	db := app("db", "serve")
	db.Hostname = aws.String("backend")
	task := d.await(d.run(d.family(web, db)), "STOPPED")
	if code := container(t, task, "web").ExitCode; code == nil || *code != 0 {
		t.Errorf("web ended as %+v", container(t, task, "web"))
	}
}

func hostNetwork(t *testing.T, d *dev) {
	port := freePort(t)
	web := app("web", "serve")
	web.Image, web.Memory = aws.String(testutil.AppImage), aws.Int32(16)
	web.Environment = []types.KeyValuePair{{Name: aws.String("PORT"), Value: aws.String(fmt.Sprint(port))}}
	web.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(port)}}
	_, err := d.ecs.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("hostnet"), NetworkMode: types.NetworkModeHost, ContainerDefinitions: []types.ContainerDefinition{web},
	})
	if err != nil {
		t.Fatal(err)
	}
	arn := d.run("hostnet")
	task := d.await(arn, "RUNNING")
	if got := hostPort(t, container(t, task, "web"), port); got != port {
		t.Errorf("host port %d, want %d", got, port)
	}
	get(t, port, "/")
	d.stopTask(arn)
}

func portTaken(t *testing.T, d *dev) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := app("main", "serve")
	c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(int32(l.Addr().(*net.TCPAddr).Port))}}
	failsToStart(t, d, c, "CannotStartContainerError")
}

// freePort returns a port that nothing listens on, TCP or UDP, that no other test was given, and
// that the kernel gives to nobody who asks for any: those begin at 32768.
func freePort(t *testing.T) int32 {
	t.Helper()
	for range 1000 {
		port := 10000 + rand.Int32N(20000)
		if _, given := givenPorts.LoadOrStore(port, true); given {
			continue
		}
		at := fmt.Sprintf("0.0.0.0:%d", port)
		l, err := net.Listen("tcp", at)
		if err != nil {
			continue
		}
		l.Close()
		if p, err := net.ListenPacket("udp", at); err == nil {
			p.Close()
			return port
		}
	}
	t.Fatal("no free port of 10000-29999")
	return 0
}

func udpEcho(t *testing.T, port int32) string {
	t.Helper()
	conn, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	buf := make([]byte, 64)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		_, _ = conn.Write([]byte("ping"))
		_ = conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		if n, err := conn.Read(buf); err == nil {
			return string(buf[:n])
		}
	}
	return ""
}
