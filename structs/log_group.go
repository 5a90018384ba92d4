package structs

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// LogGroup is a group of log streams, as in CloudWatch Logs: the streams of a group share a
// retention and are read together. The lines are kept by the agents of container instances and
// never go through the log of the servers. Tags are kept as those of other resources.
type LogGroup struct {
	Name string `json:"name" cbor:"1,keyasint"`
	// RetentionDays is after how many days events expire; zero: never.
	RetentionDays int32 `json:"retentionInDays,omitzero" cbor:"2,keyasint,omitzero"`
	// CreatedAt is also when its first event may be from: what an earlier group of the same name
	// had was deleted with it.
	CreatedAt Time `json:"createdAt" cbor:"3,keyasint"`
	// Class is what the caller asked for (STANDARD or INFREQUENT_ACCESS); it has no effect.
	Class string `json:"class,omitzero" cbor:"4,keyasint,omitzero"`
}

// LogGroupStandard is the class of log groups that ask for none.
const LogGroupStandard = "STANDARD"

// logGroupName is the pattern of CloudWatch Logs.
var logGroupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// retentions are the numbers of days that CloudWatch Logs takes.
var retentions = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// CheckLogGroupName returns an error for names that no log group can have.
func CheckLogGroupName(name string) *Error {
	if !logGroupName.MatchString(name) {
		return Errorf(KindInvalidParameter, "the log group name '%s' is not valid: it may have 1 to 512 letters, digits and . - _ / #", name)
	}
	return nil
}

// CheckLogRetention returns an error for numbers of days that CloudWatch Logs does not take.
func CheckLogRetention(days int32) *Error {
	if !slices.Contains(retentions, days) {
		return Errorf(KindInvalidParameter, "retentionInDays: %d is not one of %s", days, numbers(retentions))
	}
	return nil
}

func numbers(list []int32) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(int(n))
	}
	return strings.Join(texts, ", ")
}

// dayMillis is a day as a Time.
const dayMillis = 24 * 60 * 60 * 1000

// logClockSkew is by how much the clock of an instance may be behind the servers' without its
// events seeming to be older than their group.
const logClockSkew = 5 * 60 * 1000

// Begin returns the time of the oldest event that the group can have at a time.
func (g *LogGroup) Begin(now Time) Time {
	begin := g.CreatedAt - logClockSkew
	if g.RetentionDays > 0 {
		begin = max(begin, now-Time(g.RetentionDays)*dayMillis)
	}
	return begin
}

// ErrLogGroupNotFound reports that a log group does not exist, in the words of CloudWatch Logs.
func ErrLogGroupNotFound() *Error {
	return Errorf(KindResourceNotFound, "The specified log group does not exist.")
}

// ErrLogGroupExists reports that a log group exists already, in the words of CloudWatch Logs.
func ErrLogGroupExists() *Error {
	return Errorf(KindConflict, "The specified log group already exists")
}

// ErrLogGroupMissing reports that a task writes to a log group that does not exist, in the words of
// ECS and with a remedy.
func ErrLogGroupMissing(name string) *Error {
	return Errorf(KindResourceNotFound, "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: "+
		"ResourceNotFoundException: The specified log group does not exist. (log group %s; create it with: aws logs create-log-group --log-group-name %s, "+
		"or set awslogs-create-group to true)", name, name)
}

// AwslogsGroups returns the log groups that the containers of a definition write to with the log
// driver awslogs, each once, in the order of the containers, and whether their tasks may make a
// group that does not exist (awslogs-create-group).
func (d *TaskDefinition) AwslogsGroups() (groups []AwslogsGroup) {
	for i := range d.ContainerDefinitions {
		l := d.ContainerDefinitions[i].LogConfiguration
		if l == nil || l.LogDriver != logDriverAwslogs {
			continue
		}
		group := AwslogsGroup{Name: l.Options[awslogsGroup], Create: strings.EqualFold(l.Options[awslogsCreateGroup], "true")}
		if n := slices.IndexFunc(groups, func(g AwslogsGroup) bool { return g.Name == group.Name }); n >= 0 {
			groups[n].Create = groups[n].Create || group.Create
			continue
		}
		groups = append(groups, group)
	}
	return groups
}

// AwslogsGroup is a log group that a definition names.
type AwslogsGroup struct {
	Name   string
	Create bool // if it does not exist
}

// EnsureLogGroups is an agent's request that the log groups of a task exist.
type EnsureLogGroups struct {
	Task string `json:"task"`
}

// PutLogGroups creates log groups. Those that exist stay as they are.
type PutLogGroups struct {
	Groups []LogGroup
	// Tags are those of every new group.
	Tags []Tag
	// New means that it is an error if a group exists.
	New bool
}

// CommandType implements Command.
func (PutLogGroups) CommandType() CommandType { return CmdPutLogGroups }

// DeleteLogGroup deletes a log group with its tags.
type DeleteLogGroup struct {
	Group string
}

// CommandType implements Command.
func (DeleteLogGroup) CommandType() CommandType { return CmdDeleteLogGroup }

// SetLogRetention sets after how many days the events of a group expire; zero: never.
type SetLogRetention struct {
	Group string
	Days  int32
}

// CommandType implements Command.
func (SetLogRetention) CommandType() CommandType { return CmdSetLogRetention }
