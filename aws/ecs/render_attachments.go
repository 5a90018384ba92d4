package ecs

import "github.com/gantry-project/gantry/structs"

// typeInterface is the type of the attachment of an awsvpc task (ECS).
const typeInterface = "ElasticNetworkInterface"

// attachments shows the network interface of an awsvpc task, and nothing for other tasks. Until the
// task has a place, only the subnet is known.
func attachments(t *structs.Task, definition *structs.TaskDefinition, job *structs.Job) []Attachment {
	if definition.NetworkMode != structs.NetworkAwsvpc {
		return []Attachment{}
	}
	out := Attachment{
		Id: structs.TaskAttachmentID(t.ID), Type: typeInterface, Status: attachmentStatus(t),
		Details: []structs.KeyValuePair{{Name: "subnetId", Value: structs.TaskSubnet(job, t.ID)}},
	}
	if t.Address != "" {
		out.Details = append(out.Details,
			structs.KeyValuePair{Name: "networkInterfaceId", Value: structs.TaskInterfaceID(t.ID)},
			structs.KeyValuePair{Name: "macAddress", Value: structs.TaskMAC(t.Address)},
			structs.KeyValuePair{Name: "privateIPv4Address", Value: t.Address})
	}
	return []Attachment{out}
}

// attachmentStatus returns the status of a task's network interface. It is there before the first
// container starts, and goes after the last one has ended.
func attachmentStatus(t *structs.Task) string {
	switch {
	case t.LastStatus == structs.TaskProvisioning:
		return "PRECREATED"
	case t.LastStatus == structs.TaskPending:
		return "ATTACHING"
	case t.LastStatus < structs.TaskDeprovisioning:
		return "ATTACHED"
	case t.Holds():
		return "DETACHED"
	}
	return "DELETED"
}

// networkInterfaces shows the address of a task's containers, which they share.
func networkInterfaces(t *structs.Task) []structs.NetworkInterface {
	if t.Address == "" {
		return []structs.NetworkInterface{}
	}
	return []structs.NetworkInterface{{AttachmentId: structs.TaskAttachmentID(t.ID), PrivateIpv4Address: t.Address}}
}

// networkBindings shows the host ports of a container. Those of an awsvpc task have an address of
// their own instead.
func networkBindings(seen structs.Container, definition *structs.TaskDefinition) []structs.NetworkBinding {
	if definition.NetworkMode == structs.NetworkAwsvpc {
		return []structs.NetworkBinding{}
	}
	return orEmpty(seen.NetworkBindings)
}
