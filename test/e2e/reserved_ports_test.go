package e2e

import (
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestOwnPortIsReserved: the port that gantry dev picked is shown as reserved, and no task gets it;
// another is free.
func TestOwnPortIsReserved(t *testing.T) {
	d := startDev(t)
	address, err := url.Parse(d.address)
	if err != nil {
		t.Fatal(err)
	}
	out, err := d.ecs.DescribeContainerInstances(t.Context(), &ecs.DescribeContainerInstancesInput{ContainerInstances: []string{d.instance()}})
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string][]string{}
	for _, r := range out.ContainerInstances[0].RegisteredResources {
		shown[*r.Name] = r.StringSetValue
	}
	if want := []string{"22", "2375", "2376", address.Port()}; !slices.Equal(shown["PORTS"], want) || len(shown["PORTS_UDP"]) != 0 {
		t.Errorf("PORTS %v, PORTS_UDP %v, want %v and none", shown["PORTS"], shown["PORTS_UDP"], want)
	}
	port, _ := strconv.Atoi(address.Port())
	wants := app("main", "sleep", "600")
	wants.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(int32(port))}}
	ran, err := d.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String(d.family(wants))})
	if err != nil || len(ran.Tasks) != 0 || len(ran.Failures) != 1 || aws.ToString(ran.Failures[0].Reason) != "RESOURCE:PORTS" {
		t.Errorf("a task that wants the port of the API: %+v, %v", ran, err)
	}
}
