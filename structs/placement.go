package structs

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/gantry-project/gantry/structs/query"
)

// The types of placement constraints and strategies (ECS).
const (
	ConstraintDistinctInstance = "distinctInstance"
	ConstraintMemberOf         = "memberOf"

	StrategyBinpack = "binpack"
	StrategySpread  = "spread"
	StrategyRandom  = "random"
)

// The limits of placement (ECS). Those of the task definition count as constraints too.
const (
	MaxPlacementConstraints = 10
	MaxPlacementStrategies  = 5
)

// spreadAttribute is the prefix of the field of a spread over an attribute.
const spreadAttribute = "attribute:"

// ValidatePlacement reports what is wrong with a job's placement, in ECS's words if they are known.
// The task definition may be nil if it is not known yet; its constraints count toward the limit.
func (j *Job) ValidatePlacement(d *TaskDefinition) error {
	constraints := len(j.PlacementConstraints)
	if d != nil {
		constraints += len(d.PlacementConstraints)
	}
	if constraints > MaxPlacementConstraints {
		return Errorf(KindInvalidParameter, "placementConstraints can have at most %d items, those of the task definition included; there are %d.",
			MaxPlacementConstraints, constraints)
	}
	for i, c := range j.PlacementConstraints {
		if message := c.invalid(); message != "" {
			return Errorf(KindInvalidParameter, "placementConstraints[%d]: %s", i, message)
		}
	}
	if err := j.validateScheduler(); err != nil {
		return err
	}
	if n := len(j.PlacementStrategy); n > MaxPlacementStrategies {
		return Errorf(KindInvalidParameter, "placementStrategy can have at most %d items; there are %d.", MaxPlacementStrategies, n)
	}
	for i, s := range j.PlacementStrategy {
		if message := s.invalid(); message != "" {
			return Errorf(KindInvalidParameter, "placementStrategy[%d]: %s", i, message)
		}
	}
	return nil
}

func (d *TaskDefinition) validatePlacement() *Error {
	if n := len(d.PlacementConstraints); n > MaxPlacementConstraints {
		return Errorf(KindClient, "placementConstraints can have at most %d items; there are %d.", MaxPlacementConstraints, n)
	}
	for i, c := range d.PlacementConstraints {
		if c.Type != ConstraintMemberOf {
			return Errorf(KindClient, "placementConstraints[%d]: constraint.type '%s' is not supported. In a task definition it must be memberOf.", i, c.Type)
		}
		if message := PlacementConstraint(c).invalid(); message != "" {
			return Errorf(KindClient, "placementConstraints[%d]: %s", i, message)
		}
	}
	return nil
}

// invalid reports what is wrong with a constraint; empty if nothing is.
func (c PlacementConstraint) invalid() string {
	switch {
	case c.Type == ConstraintDistinctInstance && c.Expression == "":
		return ""
	case c.Type == ConstraintDistinctInstance:
		return "distinctInstance expression should not be specified."
	case c.Type != ConstraintMemberOf:
		return fmt.Sprintf("the type must be distinctInstance or memberOf, not '%s'", c.Type)
	case c.Expression == "":
		return "memberOf expression should be specified, such as attribute:ecs.instance-type =~ t2.*"
	}
	if _, err := query.Parse(c.Expression); err != nil {
		return fmt.Sprintf("the expression '%s' is not valid: %s", c.Expression, err)
	}
	return ""
}

// invalid reports what is wrong with a strategy; empty if nothing is. Like ECS, it ignores the case
// of Gantry's own fields.
func (s PlacementStrategy) invalid() string {
	switch s.Type {
	case StrategyBinpack:
		if !s.By("memory") && !s.By("cpu") {
			return fmt.Sprintf("the field of binpack must be memory or cpu, not '%s'", s.Field)
		}
	case StrategySpread:
		if name, ok := s.ByAttribute(); !s.ByInstance() && (!ok || name == "") {
			return fmt.Sprintf("the field of spread must be instanceId, host or attribute:NAME, not '%s'", s.Field)
		}
	case StrategyRandom: // the field is not used
	default:
		return fmt.Sprintf("the type must be binpack, spread or random, not '%s'", s.Type)
	}
	return ""
}

// By reports whether the strategy's field is the named one.
func (s PlacementStrategy) By(field string) bool { return strings.EqualFold(s.Field, field) }

// ByInstance reports whether the strategy spreads over individual instances.
func (s PlacementStrategy) ByInstance() bool { return s.By("instanceId") || s.By("host") }

// ByAttribute returns the attribute whose values the strategy spreads over.
func (s PlacementStrategy) ByAttribute() (name string, ok bool) {
	return strings.CutPrefix(s.Field, spreadAttribute)
}

// QuerySubject is an instance as seen by the cluster query language.
type QuerySubject struct {
	Instance *ContainerInstance
	Usage    *Usage
	// TaskGroups are the groups of the tasks on it; nil for none.
	TaskGroups iter.Seq[string]
}

// Attribute implements query.Subject.
func (s *QuerySubject) Attribute(name string) (string, bool) { return s.Instance.Attribute(name) }

// Groups implements query.Subject.
func (s *QuerySubject) Groups() iter.Seq[string] {
	if s.TaskGroups == nil {
		return func(func(string) bool) {}
	}
	return s.TaskGroups
}

// Field implements query.Subject.
func (s *QuerySubject) Field(name string) (string, bool) {
	switch i := s.Instance; name {
	case query.FieldAgentConnected:
		return strconv.FormatBool(i.AgentConnected), true
	case query.FieldAgentVersion:
		return i.VersionInfo.AgentVersion, i.VersionInfo.AgentVersion != ""
	case query.FieldEC2InstanceID:
		return i.EC2ID(), true
	case query.FieldContainerInstanceArn:
		return i.ID, true
	case query.FieldRegisteredAt:
		return i.RegisteredAt.Std().Format(time.RFC3339Nano), true
	case query.FieldRunningTasksCount:
		return strconv.Itoa(s.Usage.Running), true
	case query.FieldPendingTasksCount:
		return strconv.Itoa(s.Usage.Pending), true
	}
	return "", false
}
