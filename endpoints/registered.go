package endpoints

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// Registered returns the running tasks of an ECS service as instances of a service of Cloud Map,
// with the attributes that ECS gives them, in the order of their ids. At most limit are returned;
// zero: all.
func Registered(v NamesView, job *structs.Job, s *structs.DiscoveryService, limit int) (list []structs.DiscoveryInstance) {
	for _, r := range job.Service.Registries {
		if r.Registry != s.ID {
			continue
		}
		serves := serving(v, job)
		for t := range v.JobTasks(job.ID) {
			if !runs(v, t) {
				continue
			}
			d := v.TaskDefinition(t.TaskDefinition)
			i := structs.DiscoveryInstance{Service: s.ID, ID: t.ID, At: t.StartedAt, Unhealthy: !serves(t, d)}
			i.Attributes = registeredAttributes(v, job, s, r, t, d)
			if i.Attributes == nil {
				continue
			}
			if list = append(list, i); len(list) == limit {
				return list
			}
		}
	}
	return list
}

// registeredAttributes returns the attributes of a task, in the order of their names; nil if it
// cannot be reached yet.
func registeredAttributes(v NamesView, job *structs.Job, s *structs.DiscoveryService, r structs.ServiceRegistry, t *structs.Task, d *structs.TaskDefinition) []structs.Tag {
	on := v.Instance(t.Instance)
	address := addressOf(v, t)
	if on == nil || address == "" {
		return nil
	}
	number := r.Port
	for _, p := range portsOf(t, d) {
		if p.Container == r.Container && p.ContainerPort == r.ContainerPort {
			number = p.Port
		}
	}
	family, _, _ := strings.Cut(t.TaskDefinition, ":")
	all := []structs.Tag{
		{Key: "AVAILABILITY_ZONE", Value: on.Zone},
		{Key: structs.AttributeIPv4, Value: address},
	}
	if number > 0 {
		all = append(all, structs.Tag{Key: structs.AttributePort, Value: strconv.Itoa(int(number))})
	}
	if s.CustomHealth {
		all = append(all, structs.Tag{Key: "AWS_INIT_HEALTH_STATUS", Value: structs.Healthy})
	}
	all = append(all,
		structs.Tag{Key: "EC2_INSTANCE_ID", Value: on.EC2ID()},
		structs.Tag{Key: "ECS_CLUSTER_NAME", Value: job.Cluster},
		structs.Tag{Key: "ECS_SERVICE_NAME", Value: job.Name},
		structs.Tag{Key: "ECS_TASK_DEFINITION_FAMILY", Value: family})
	return all
}

// DiscoveryDNSName returns the name of a service of Cloud Map in its namespace's DNS.
func DiscoveryDNSName(n *structs.Namespace, s *structs.DiscoveryService) string {
	return strings.ToLower(s.Name + "." + n.Name)
}

// discoveryName returns the name of a service of Cloud Map: its healthy instances, tasks of the ECS
// services and those that users registered.
func discoveryName(v NamesView, n *structs.Namespace, s *structs.DiscoveryService, jobs []*structs.Job) structs.TrafficName {
	name := structs.TrafficName{Name: DiscoveryDNSName(n, s), TTL: uint32(s.Records[0].TTL)}
	add := func(i *structs.DiscoveryInstance, task string) {
		if i.Unhealthy || len(name.Addresses) >= maxHolders {
			return
		}
		if to := i.Attribute(structs.AttributeCNAME); to != "" && s.HasRecord(structs.RecordCNAME) {
			name.CNAME = cmp.Or(name.CNAME, strings.ToLower(to)) // a name can have one only
			return
		}
		number, _ := strconv.ParseUint(i.Attribute(structs.AttributePort), 10, 16)
		if !s.HasRecord(structs.RecordSRV) {
			number = 0
		}
		for _, kind := range [][2]string{{structs.RecordA, structs.AttributeIPv4}, {structs.RecordAAAA, structs.AttributeIPv6}} {
			address := i.Attribute(kind[1])
			if address != "" && (s.HasRecord(kind[0]) || number > 0) {
				name.Addresses = append(name.Addresses, structs.NameAddress{Address: address, Port: int32(number), Task: task})
			}
		}
	}
	for _, job := range jobs {
		for _, i := range Registered(v, job, s, 0) {
			if add(&i, i.ID); len(name.Addresses) >= maxHolders {
				break
			}
		}
	}
	for i := range v.DiscoveryInstances(s.ID) {
		add(i, "")
	}
	if len(name.Addresses) > 0 {
		name.CNAME = ""
	}
	return name
}
