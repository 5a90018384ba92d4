package structs

import (
	"strconv"
	"strings"
)

// The states of a task definition revision.
const (
	DefinitionActive           = "ACTIVE"
	DefinitionInactive         = "INACTIVE"
	DefinitionDeleteInProgress = "DELETE_IN_PROGRESS"
)

// Key returns the name of a revision: family:revision.
func (d *TaskDefinition) Key() string { return d.Family + ":" + strconv.Itoa(int(d.Revision)) }

// SplitDefinitionKey parses family:revision; ok is false for anything else.
func SplitDefinitionKey(key string) (family string, revision int32, ok bool) {
	family, rev, found := strings.Cut(key, ":")
	n, err := strconv.ParseInt(rev, 10, 32)
	if !found || family == "" || err != nil || n < 1 {
		return "", 0, false
	}
	return family, int32(n), true
}

// RegisterTaskDefinition adds the next revision of a family; fsm assigns the revision number.
type RegisterTaskDefinition struct {
	Definition TaskDefinition
	Tags       []Tag
}

// CommandType implements Command.
func (RegisterTaskDefinition) CommandType() CommandType { return CmdRegisterTaskDefinition }

// UpdateTaskDefinitions moves revisions to the status INACTIVE (deregistered) or
// DELETE_IN_PROGRESS.
type UpdateTaskDefinitions struct {
	Definitions []string // family:revision
	Status      string
	At          Time
}

// CommandType implements Command.
func (UpdateTaskDefinitions) CommandType() CommandType { return CmdUpdateTaskDefinitions }
