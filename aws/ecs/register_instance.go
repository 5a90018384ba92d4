package ecs

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) registerContainerInstance(ctx context.Context, in *RegisterContainerInstanceRequest) (*RegisterContainerInstanceResponse, error) {
	cluster, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := protocol.CheckTags("tags", in.Tags); err != nil {
		return nil, err
	}
	reg := control.InstanceRegistration{Cluster: cluster, Attributes: in.Attributes, VersionInfo: in.VersionInfo, Tags: in.Tags}
	if in.ContainerInstanceArn != "" {
		if reg.ID, err = c.arns.parseMember("containerInstanceArn", in.ContainerInstanceArn, kindInstance, cluster); err != nil {
			return nil, err
		}
	}
	if err := identity(&reg, in.InstanceIdentityDocument); err != nil {
		return nil, err
	}
	for i, r := range in.TotalResources {
		if err := registeredResource(&reg, i, r); err != nil {
			return nil, err
		}
	}
	for i, d := range in.PlatformDevices {
		if d.Type != structs.RequirementGPU {
			return nil, unsupported(fmt.Sprintf("platformDevices[%d].type %s", i, d.Type))
		}
		reg.GPUs = append(reg.GPUs, d.Id)
	}
	made, err := c.control.RegisterContainerInstance(ctx, reg)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := c.instance(v, made, includes{includeTags})
	return &RegisterContainerInstanceResponse{ContainerInstance: &out}, nil
}

// identity reads an EC2 instance identity document, which is optional. Its signature is AWS's and
// is not checked: policies decide who may register.
func identity(reg *control.InstanceRegistration, document string) error {
	if document == "" {
		return nil
	}
	var d struct{ InstanceID, PrivateIP, InstanceType, ImageID, AvailabilityZone, Architecture string }
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		return structs.Errorf(structs.KindInvalidParameter, "instanceIdentityDocument is not the JSON of an instance identity document: %v", err)
	}
	reg.Name, reg.Address, reg.Zone = d.InstanceID, d.PrivateIP, d.AvailabilityZone
	reg.Type, reg.Image, reg.Architecture = d.InstanceType, d.ImageID, d.Architecture
	return nil
}

// resourceTypes has the types of an instance's resources (ECS).
var resourceTypes = map[string]string{"CPU": "INTEGER", "MEMORY": "INTEGER", "PORTS": "STRINGSET", "PORTS_UDP": "STRINGSET", "GPU": "STRINGSET"}

// registeredResource reads one of an instance's resources.
func registeredResource(reg *control.InstanceRegistration, n int, r Resource) (err error) {
	switch kind, ok := resourceTypes[r.Name]; {
	case !ok:
		return structs.Errorf(structs.KindInvalidParameter, "totalResources[%d].name: '%s' is not a resource of a container instance: they are CPU, MEMORY, PORTS, PORTS_UDP and GPU", n, r.Name)
	case r.Type != "" && r.Type != kind:
		return structs.Errorf(structs.KindInvalidParameter, "totalResources[%d].type: %s is of type %s, not '%s'", n, r.Name, kind, r.Type)
	}
	switch r.Name {
	case "CPU", "MEMORY":
		if r.IntegerValue < 0 {
			return structs.Errorf(structs.KindInvalidParameter, "totalResources[%d]: %s cannot be less than 0; it is %d", n, r.Name, r.IntegerValue)
		}
		amount := int64(r.IntegerValue)
		if r.Name == "CPU" {
			reg.CPU = &amount
		} else {
			reg.Memory = &amount
		}
	case "PORTS":
		reg.TCP, err = portList(n, r)
	case "PORTS_UDP":
		reg.UDP, err = portList(n, r)
	case "GPU":
		reg.GPUs = orEmpty(r.StringSetValue)
	}
	return err
}

func portList(n int, r Resource) ([]uint16, error) {
	ports := []uint16{}
	for _, text := range r.StringSetValue {
		number, err := strconv.ParseUint(text, 10, 16)
		if err != nil || number == 0 {
			return nil, structs.Errorf(structs.KindInvalidParameter, "totalResources[%d]: '%s' of %s is not a port from 1 to 65535", n, text, r.Name)
		}
		ports = append(ports, uint16(number))
	}
	return ports, nil
}
