package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// putService looks up the client token before anything that may have changed since, as createJob
// does.
func putService(tx *state.Tx, index uint64, cmd structs.PutService) (string, error) {
	job := cmd.Job
	cluster, err := activeCluster(tx, job.Cluster)
	if err != nil {
		return "", err
	}
	old := tx.Job(job.ID)
	if earlier := tx.JobByToken(job.Cluster, job.ClientToken); old == nil && earlier != nil {
		if earlier.RequestHash != job.RequestHash {
			return "", errTokenReused(tx, earlier)
		}
		return earlier.ID, nil
	}
	if err := checkVersion(tx, old, &job); err != nil {
		return "", err
	}
	if err := pinDefinition(tx, old, &job); err != nil {
		return "", err
	}
	if tx.Evaluation(cmd.Evaluation.ID) != nil {
		return "", errEvaluationExists(cmd.Evaluation.ID)
	}
	job.Cluster = cluster.Name // one copy of the string for all jobs and tasks of the cluster
	job.Status, job.DeletedAt = structs.ServiceActive, 0
	if old == nil {
		tx.PutTags(structs.ServiceKey(job.Cluster, job.Name), cmd.Tags)
	} else {
		keepIdentity(&job, old)
	}
	if cmd.Deployment != nil {
		if err := beginDeployment(tx, &job, *cmd.Deployment); err != nil {
			return "", err
		}
	}
	followFiles(tx, old, &job)
	putVersion(tx, &job)
	if err := expose(tx, old, &job, cmd.Ingress, cmd.Evaluation.CreatedAt); err != nil {
		return "", err
	}
	endDisassociations(tx, job.Cluster)
	addEvaluation(tx, index, &job, cmd.Evaluation)
	return job.ID, nil
}

// checkVersion checks that this version of a service may follow the present one.
func checkVersion(tx *state.Tx, old, next *structs.Job) error {
	named := tx.Service(next.Cluster, next.Name)
	switch {
	case !isService(next) || next.Name == "":
		return structs.Errorf(structs.KindInvalidParameter, "Job %s is not a service: its type is %q and its name %q.", next.ID, next.Type, next.Name)
	case old == nil && next.Version != 1:
		return structs.ErrServiceNotFound()
	case old == nil && named != nil && named.Status == structs.ServiceDraining:
		return structs.ErrServiceDraining()
	case old == nil && named != nil && named.Status == structs.ServiceActive:
		return structs.ErrServiceExists()
	case old == nil && isRunning(tx.BatchJob(next.Cluster, next.Name)):
		return structs.Errorf(structs.KindInvalidParameter, "Batch job %s is running. Stop it first, or give the service another name.", next.Name)
	case old == nil:
		return nil
	case old.Cluster != next.Cluster || old.Name != next.Name || old.Type != next.Type:
		return structs.Errorf(structs.KindInvalidParameter, "A service keeps its cluster, name and type.")
	case old.Status != structs.ServiceActive:
		return structs.ErrServiceNotActive()
	case next.Version != old.Version+1:
		return structs.Errorf(structs.KindConflict, "Service %s was changed by another request at the same time.", old.Name)
	}
	return nil
}

// pinDefinition checks the task definition of the next version of a service, and replaces its name
// by its key. A service may keep a deregistered definition but not move to one. With an EXTERNAL
// controller the definitions are in the task sets.
func pinDefinition(tx *state.Tx, old, next *structs.Job) error {
	if next.External() {
		return nil
	}
	d := tx.TaskDefinition(next.TaskDefinition)
	switch {
	case d == nil:
		return structs.ErrTaskDefinitionNotFound()
	case d.Status != structs.DefinitionActive && (old == nil || old.TaskDefinition != d.Key()):
		return structs.ErrTaskDefinitionInactive()
	}
	next.TaskDefinition = d.Key()
	return nil
}

// keepIdentity copies the fields that never change to the next version of a service.
func keepIdentity(next, old *structs.Job) {
	next.ID, next.Cluster, next.Name, next.Type = old.ID, old.Cluster, old.Name, old.Type
	next.ClientToken, next.RequestHash, next.CreatedAt = old.ClientToken, old.RequestHash, old.CreatedAt
}

// putVersion puts a service and adds it to its history of versions.
func putVersion(tx *state.Tx, job *structs.Job) {
	tx.PutJob(job)
	tx.PutJobVersion(job)
}

func deleteService(tx *state.Tx, index uint64, cmd structs.DeleteService) (string, error) {
	old := tx.Job(cmd.Job)
	switch {
	case !isService(old) || old.Status == structs.ServiceInactive:
		return "", structs.ErrServiceNotFound()
	case old.Type == structs.JobService && old.Count > 0 && !cmd.Force:
		return "", structs.Errorf(structs.KindInvalidParameter, "The service cannot be stopped while it is scaled above 0.")
	case hasTaskSets(tx, old) && !cmd.Force:
		return "", structs.Errorf(structs.KindInvalidParameter, "The service cannot be stopped while deployments are active.")
	case tx.Evaluation(cmd.Evaluation.ID) != nil:
		return "", errEvaluationExists(cmd.Evaluation.ID)
	}
	if old.Status == structs.ServiceActive {
		job := *old
		job.Status, job.Count = structs.ServiceDraining, 0
		job.Version++ // plans made for the ACTIVE service are refused
		putVersion(tx, &job)
		hide(tx, &job)
		endDisassociations(tx, job.Cluster)
	}
	addEvaluation(tx, index, old, cmd.Evaluation)
	return old.ID, nil
}
