package structs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Parameter is a parameter of the Systems Manager API, with its history. The last version is the
// present one.
type Parameter struct {
	Name     string             `json:"name"`
	Versions []ParameterVersion `json:"versions"`
}

// ParameterVersion is one value of a parameter, with the settings that came with it. Only its
// labels change.
type ParameterVersion struct {
	Number int64 `json:"number"` // from 1
	// ID is random. The value is sealed under it, because the number is not known then.
	ID             string      `json:"id"`
	Type           string      `json:"type"`
	KeyID          string      `json:"keyId,omitzero"` // as a caller gave it; it is only shown
	Description    string      `json:"description,omitzero"`
	AllowedPattern string      `json:"allowedPattern,omitzero"`
	Tier           string      `json:"tier"`
	Labels         []string    `json:"labels,omitzero"`
	ModifiedAt     Time        `json:"modifiedAt"`
	ModifiedBy     string      `json:"modifiedBy,omitzero"` // the ARN of who did
	Value          SealedValue `json:"-" cbor:"value"`
}

// The types of parameters.
const (
	ParameterString     = "String"
	ParameterStringList = "StringList"
	ParameterSecure     = "SecureString"
)

// The tiers of parameters, which limit the size of a value.
const (
	TierStandard    = "Standard"
	TierAdvanced    = "Advanced"
	TierIntelligent = "Intelligent-Tiering"
)

// The limits of Systems Manager.
const (
	MaxParameterVersions = 100
	MaxParameterLabels   = 10      // of one version
	MaxStandardValue     = 4 << 10 // bytes
	MaxAdvancedValue     = 8 << 10
	maxParameterName     = 1011
	maxParameterLevels   = 15
)

var parameterName = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)

// CheckParameterName reports, in Systems Manager's words, why a parameter cannot have a name.
func CheckParameterName(name string) *Error {
	switch first, _, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/"); {
	case !parameterName.MatchString(name) || len(name) > maxParameterName:
		return Errorf(KindInvalidParameter, "Parameter name: '%s' may have up to %d of the letters, digits and _ . - /", name, maxParameterName)
	case strings.Contains(name, "/") && !strings.HasPrefix(name, "/"), strings.HasSuffix(name, "/"), strings.Contains(name, "//"):
		return Errorf(KindInvalidParameter, "Parameter name must be a fully qualified name. '%s': a name with slashes begins with one, and has something after each.", name)
	case strings.Count(name, "/") > maxParameterLevels:
		return Errorf(KindInvalidParameter, "Parameter name: '%s' has more than %d levels", name, maxParameterLevels)
	case strings.HasPrefix(strings.ToLower(first), "aws"), strings.HasPrefix(strings.ToLower(first), "ssm"):
		return Errorf(KindInvalidParameter, "Parameter name: '%s': names that begin with aws or ssm are reserved", name)
	}
	return nil
}

// ParameterSealName is the name under which a value of a parameter is sealed.
func ParameterSealName(parameter, version string) string {
	return "parameter " + parameter + " " + version
}

// ParameterResource is the resource part of the ARN of a parameter.
func ParameterResource(name string) string { return "parameter/" + strings.TrimPrefix(name, "/") }

// Latest returns the present version.
func (p *Parameter) Latest() *ParameterVersion { return &p.Versions[len(p.Versions)-1] }

// Selected returns the version that a selector names: a number, a label, or "" for the present one;
// nil if there is none.
func (p *Parameter) Selected(selector string) *ParameterVersion {
	if selector == "" {
		return p.Latest()
	}
	n := slices.IndexFunc(p.Versions, func(v ParameterVersion) bool {
		return fmt.Sprint(v.Number) == selector || slices.Contains(v.Labels, selector)
	})
	if n < 0 {
		return nil
	}
	return &p.Versions[n]
}

// PutParameter adds a version of a parameter, and the parameter if it is the first. The version
// gets its number when the command is applied, which is the key of the result.
type PutParameter struct {
	Name    string
	Version ParameterVersion
	// Overwrite allows that the parameter exists. Without it the command fails with KindConflict.
	Overwrite bool
	Tags      []Tag // of a new parameter
}

// CommandType implements Command.
func (PutParameter) CommandType() CommandType { return CmdPutParameter }

// RemoveParameters removes parameters with their history. Names that no parameter has are left out.
type RemoveParameters struct {
	Names []string
}

// CommandType implements Command.
func (RemoveParameters) CommandType() CommandType { return CmdRemoveParameters }

// LabelParameter gives labels to a version of a parameter, which other versions lose, or takes them
// from it.
type LabelParameter struct {
	Name   string
	Number int64
	Labels []string
	Remove bool
}

// CommandType implements Command.
func (LabelParameter) CommandType() CommandType { return CmdLabelParameter }
