package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// putJob registers the job's new definition and puts the job in one step: nobody sees the one without the other.
func putJob(tx *state.Tx, index uint64, cmd structs.PutJob) (string, error) {
	put := structs.PutService{Job: cmd.Job, Deployment: cmd.Deployment, Evaluation: cmd.Evaluation}
	if cmd.Definition != nil {
		key, err := registerTaskDefinition(tx, index, structs.RegisterTaskDefinition{Definition: *cmd.Definition})
		if err != nil {
			return "", err
		}
		put.Job.TaskDefinition = key
	}
	id, err := putService(tx, index, put)
	if err != nil {
		return "", err
	}
	tx.PutTags(serviceKey(put.Job.Cluster, put.Job.Name), cmd.Tags)
	return id, nil
}
