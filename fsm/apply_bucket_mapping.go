package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putBucketMapping(tx *state.Tx, _ uint64, cmd structs.PutBucketMapping) (string, error) {
	tx.PutBucketMapping(&cmd.Mapping)
	return cmd.Mapping.Bucket, nil
}

func deleteBucketMapping(tx *state.Tx, _ uint64, cmd structs.DeleteBucketMapping) (string, error) {
	m := tx.BucketMapping(cmd.Bucket)
	if m == nil {
		return "", structs.ErrBucketNotMapped(cmd.Bucket)
	}
	tx.RemoveBucketMapping(m)
	return m.Bucket, nil
}
