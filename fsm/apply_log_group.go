package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putLogGroups(tx *state.Tx, _ uint64, cmd structs.PutLogGroups) (string, error) {
	for i := range cmd.Groups {
		g := &cmd.Groups[i]
		switch {
		case tx.LogGroup(g.Name) == nil:
			tx.PutLogGroup(g)
			tx.PutTags(structs.LogGroupKey(g.Name), cmd.Tags)
		case cmd.New:
			return "", structs.ErrLogGroupExists()
		}
	}
	return "", nil
}

func deleteLogGroup(tx *state.Tx, _ uint64, cmd structs.DeleteLogGroup) (string, error) {
	g := tx.LogGroup(cmd.Group)
	if g == nil {
		return "", structs.ErrLogGroupNotFound()
	}
	tx.RemoveLogGroup(g)
	tx.PutTags(structs.LogGroupKey(g.Name), nil)
	return "", nil
}

func setLogRetention(tx *state.Tx, _ uint64, cmd structs.SetLogRetention) (string, error) {
	g := tx.LogGroup(cmd.Group)
	if g == nil {
		return "", structs.ErrLogGroupNotFound()
	}
	changed := *g
	changed.RetentionDays = cmd.Days
	tx.PutLogGroup(&changed)
	return "", nil
}
