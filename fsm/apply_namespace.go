package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putNamespace(tx *state.Tx, _ uint64, cmd structs.PutNamespace) (string, error) {
	is := tx.NamespaceNamed(cmd.Namespace.Name)
	if is != nil && is.ID != cmd.Namespace.ID {
		if is.Token != "" && is.Token == cmd.Namespace.Token && is.Type == cmd.Namespace.Type {
			return is.ID, nil
		}
		return "", structs.Errorf(structs.KindNamespaceExists, "Namespace with name %s already exists.", is.Name)
	}
	if is == nil {
		tx.PutTags(structs.NamespaceKey(cmd.Namespace.ID), cmd.Tags)
	}
	tx.PutNamespace(&cmd.Namespace)
	return cmd.Namespace.ID, nil
}

func deleteNamespace(tx *state.Tx, _ uint64, cmd structs.DeleteNamespace) (string, error) {
	is := tx.Namespace(cmd.ID)
	if is == nil {
		return "", structs.ErrNamespaceNotFound()
	}
	for s := range tx.NamespaceServices(is.ID) {
		return "", structs.Errorf(structs.KindResourceInUse, "Namespace has service(s) associated, such as %s.", s.Name)
	}
	for c := range tx.Clusters() {
		for job := range tx.Services(c.Name) {
			if s := job.Service.Connect; s != nil && s.Namespace == is.Name && job.Status == structs.ServiceActive {
				return "", structs.Errorf(structs.KindResourceInUse, "Namespace is in use by Service Connect of ECS service %s/%s.", c.Name, job.Name)
			}
		}
	}
	tx.RemoveNamespace(is)
	tx.PutTags(structs.NamespaceKey(is.ID), nil)
	return is.ID, nil
}

func putDiscoveryService(tx *state.Tx, _ uint64, cmd structs.PutDiscoveryService) (string, error) {
	if tx.Namespace(cmd.Service.Namespace) == nil {
		return "", structs.ErrNamespaceNotFound()
	}
	is := tx.DiscoveryServiceNamed(cmd.Service.Namespace, cmd.Service.Name)
	if is != nil && is.ID != cmd.Service.ID {
		if is.Token != "" && is.Token == cmd.Service.Token {
			return is.ID, nil
		}
		return "", structs.Errorf(structs.KindDiscoveryServiceExists, "Service with name %s already exists in the namespace.", is.Name)
	}
	if is == nil {
		tx.PutTags(structs.DiscoveryServiceKey(cmd.Service.ID), cmd.Tags)
	}
	tx.PutDiscoveryService(&cmd.Service)
	return cmd.Service.ID, nil
}

func deleteDiscoveryService(tx *state.Tx, _ uint64, cmd structs.DeleteDiscoveryService) (string, error) {
	is := tx.DiscoveryService(cmd.ID)
	if is == nil {
		return "", structs.ErrDiscoveryServiceNotFound()
	}
	for i := range tx.DiscoveryInstances(is.ID) {
		return "", structs.Errorf(structs.KindResourceInUse, "Service contains registered instances, such as %s; delete the instances before deleting the service.", i.ID)
	}
	for c := range tx.Clusters() {
		for job := range tx.Services(c.Name) {
			if job.Status == structs.ServiceActive && slices.ContainsFunc(job.Service.Registries, func(r structs.ServiceRegistry) bool { return r.Registry == is.ID }) {
				return "", structs.Errorf(structs.KindResourceInUse, "Service is the registry of ECS service %s/%s; remove it there first.", c.Name, job.Name)
			}
		}
	}
	tx.RemoveDiscoveryService(is)
	tx.PutTags(structs.DiscoveryServiceKey(is.ID), nil)
	return is.ID, nil
}

func putDiscoveryInstance(tx *state.Tx, _ uint64, cmd structs.PutDiscoveryInstance) (string, error) {
	if tx.DiscoveryService(cmd.Instance.Service) == nil {
		return "", structs.ErrDiscoveryServiceNotFound()
	}
	tx.PutDiscoveryInstance(&cmd.Instance)
	return cmd.Instance.ID, nil
}

func deleteDiscoveryInstance(tx *state.Tx, _ uint64, cmd structs.DeleteDiscoveryInstance) (string, error) {
	is := tx.DiscoveryInstance(cmd.Service, cmd.ID)
	if is == nil {
		return "", structs.ErrDiscoveryInstanceNotFound()
	}
	tx.RemoveDiscoveryInstance(is)
	return is.ID, nil
}

func setDiscoveryHealth(tx *state.Tx, _ uint64, cmd structs.SetDiscoveryHealth) (string, error) {
	is := tx.DiscoveryInstance(cmd.Service, cmd.ID)
	if is == nil {
		return "", structs.ErrDiscoveryInstanceNotFound()
	}
	changed := *is
	changed.Unhealthy = cmd.Unhealthy
	tx.PutDiscoveryInstance(&changed)
	return is.ID, nil
}
