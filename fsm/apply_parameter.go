package fsm

import (
	"slices"
	"strconv"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putParameter(tx *state.Tx, _ uint64, cmd structs.PutParameter) (string, error) {
	if err := checkVaultKey(tx, cmd.Version.Value); err != nil {
		return "", err
	}
	next := structs.Parameter{Name: cmd.Name}
	cmd.Version.Number = 1
	switch old := tx.Parameter(cmd.Name); {
	case old != nil && !cmd.Overwrite:
		return "", structs.Errorf(structs.KindConflict,
			"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	case old != nil:
		cmd.Version.Number = old.Latest().Number + 1
		next.Versions = slices.Clone(old.Versions)
	default:
		tx.PutTags(structs.ParameterKey(cmd.Name), cmd.Tags)
	}
	if len(next.Versions) >= structs.MaxParameterVersions {
		if len(next.Versions[0].Labels) > 0 {
			return "", structs.Errorf(structs.KindLimitExceeded,
				"%s has %d versions, and the oldest of them has a label, so it is not removed; move the label to a newer version",
				cmd.Name, structs.MaxParameterVersions)
		}
		next.Versions = next.Versions[1:]
	}
	next.Versions = append(next.Versions, cmd.Version)
	tx.PutParameter(&next)
	return strconv.FormatInt(cmd.Version.Number, 10), nil
}

func removeParameters(tx *state.Tx, _ uint64, cmd structs.RemoveParameters) (string, error) {
	for _, name := range cmd.Names {
		if p := tx.Parameter(name); p != nil {
			tx.RemoveParameter(p)
			tx.PutTags(structs.ParameterKey(name), nil)
		}
	}
	return "", nil
}

func labelParameter(tx *state.Tx, _ uint64, cmd structs.LabelParameter) (string, error) {
	p := tx.Parameter(cmd.Name)
	if p == nil {
		return "", structs.Errorf(structs.KindResourceNotFound, "there is no parameter %s", cmd.Name)
	}
	made := structs.Parameter{Name: p.Name, Versions: slices.Clone(p.Versions)}
	found := false
	for n := range made.Versions {
		v := &made.Versions[n]
		is := v.Number == cmd.Number
		found = found || is
		if cmd.Remove && !is {
			continue
		}
		v.Labels = slices.DeleteFunc(slices.Clone(v.Labels), func(l string) bool { return slices.Contains(cmd.Labels, l) })
		if is && !cmd.Remove {
			v.Labels = append(v.Labels, cmd.Labels...)
		}
		if len(v.Labels) > structs.MaxParameterLabels {
			return "", structs.Errorf(structs.KindInvalidParameter, "A parameter version can have maximum %d labels. Move one or more labels to another version and try again.", structs.MaxParameterLabels)
		}
	}
	if !found {
		return "", structs.Errorf(structs.KindMissingVersion, "Systems Manager could not find version %d of %s. Verify the version and try again.", cmd.Number, cmd.Name)
	}
	tx.PutParameter(&made)
	return "", nil
}
