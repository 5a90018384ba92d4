package structs

import (
	"regexp"
	"strings"
)

// MaxCustomAttributes is the maximum number of custom attributes of an instance (ECS).
const MaxCustomAttributes = 10

var (
	attributeName  = regexp.MustCompile(`^[A-Za-z0-9_./\\-]{1,128}$`)
	attributeValue = regexp.MustCompile(`^[A-Za-z0-9_.@/\\: -]{1,128}$`)
)

// Validate reports what is wrong with an attribute that a user sets (ECS's rules). The value may be
// absent.
func (a *Attribute) Validate() *Error {
	switch {
	case !attributeName.MatchString(a.Name):
		return Errorf(KindInvalidParameter, "Invalid attribute name '%s'. Use up to 128 letters, digits, hyphens, underscores, slashes, backslashes and periods.", a.Name)
	case strings.HasPrefix(a.Name, "ecs.") || strings.HasPrefix(a.Name, "com.amazonaws."):
		return Errorf(KindInvalidParameter, "Invalid attribute name '%s'. Names that begin with 'ecs.' or 'com.amazonaws.' are for agents.", a.Name)
	case a.Value != "" && (!attributeValue.MatchString(a.Value) || strings.TrimSpace(a.Value) != a.Value):
		return Errorf(KindInvalidParameter, "Invalid value '%s' of attribute %s. Use up to 128 letters, digits, hyphens, underscores, periods, at signs, slashes, backslashes, colons and spaces, with no space at either end.", a.Value, a.Name)
	}
	return nil
}

// PutAttributes sets custom attributes of instances, all of them or none.
type PutAttributes struct {
	Cluster    string
	Attributes []InstanceAttribute
	At         Time
}

// CommandType implements Command.
func (PutAttributes) CommandType() CommandType { return CmdPutAttributes }

// DeleteAttributes removes custom attributes of instances. It is not an error if one does not
// exist.
type DeleteAttributes struct {
	Cluster    string
	Attributes []InstanceAttribute
	At         Time
}

// CommandType implements Command.
func (DeleteAttributes) CommandType() CommandType { return CmdDeleteAttributes }

// InstanceAttribute is one attribute of one instance.
type InstanceAttribute struct {
	Instance  string
	Attribute Attribute
}
