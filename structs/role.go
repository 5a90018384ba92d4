package structs

import (
	"regexp"
	"slices"
	"strings"
)

// Role is an IAM role: what its holders may do, without a key of its own. Tasks get temporary keys
// of their task role, and callers get them by AssumeRole. Names are unique, whatever the path.
type Role struct {
	ID   string `json:"id" cbor:"1,keyasint"` // AROA and 17 characters of A-Z2-7
	Name string `json:"name" cbor:"2,keyasint"`
	Path string `json:"path" cbor:"3,keyasint"` // begins and ends with a slash
	// Version increases by one with every change.
	Version     int64  `json:"version" cbor:"4,keyasint"`
	Description string `json:"description,omitzero" cbor:"5,keyasint,omitzero"`
	// Trust says who may assume the role, as the JSON of a trust policy.
	Trust string `json:"trustPolicy" cbor:"6,keyasint"`
	// MaxSession is the longest time that keys of AssumeRole may be valid, in seconds.
	MaxSession int32 `json:"maxSessionDuration" cbor:"7,keyasint"`
	// Policies are the inline policies by name.
	Policies []RolePolicy `json:"policies,omitzero" cbor:"8,keyasint,omitzero"`
	// Attached are the ARNs of the managed policies, in the order in which they were attached.
	Attached  []string `json:"attachedPolicies,omitzero" cbor:"9,keyasint,omitzero"`
	CreatedAt Time     `json:"createdAt" cbor:"10,keyasint"`
	CreatedBy string   `json:"createdBy,omitzero" cbor:"11,keyasint,omitzero"` // the ARN of its creator
}

// RolePolicy is an inline policy of a role. It is kept as it was written, and read when the role
// is used.
type RolePolicy struct {
	Name     string `json:"name" cbor:"1,keyasint"`
	Document string `json:"document" cbor:"2,keyasint"`
}

// The limits of roles (IAM).
const (
	MinSession     = 15 * 60      // seconds
	DefaultSession = 60 * 60      // seconds
	MaxSession     = 12 * 60 * 60 // seconds
	// maxInline is the most bytes of all inline policies of a role, white space not counted.
	maxInline = 10240
	// maxAttached is the most managed policies of a role.
	maxAttached    = 20
	maxDescription = 1000
)

var (
	iamNames = regexp.MustCompile(`^[\w+=,.@-]+$`)
	iamPaths = regexp.MustCompile(`^/([\x21-\x7e]+/)?$`)
)

// The lengths of names (IAM).
const (
	maxRoleName   = 64
	maxPolicyName = 128
	maxIAMPath    = 512
)

// RoleKey is the key of a role's tags.
func RoleKey(name string) ResourceKey { return ResourceRole + "/" + name }

// Resource is the resource part of the role's ARN: role/PATH/NAME.
func (r *Role) Resource() string { return ResourceRole + r.Path + r.Name }

// RoleName returns the name and the path of the role that a text names: an ARN of any account, or
// a name. The path is empty if the text is only a name.
func RoleName(nameOrARN string) (name, path string) {
	parts := strings.SplitN(nameOrARN, ":", 6)
	if len(parts) != 6 {
		return nameOrARN, ""
	}
	rest := strings.TrimPrefix(parts[5], ResourceRole)
	at := strings.LastIndexByte(rest, '/')
	return rest[at+1:], rest[:at+1]
}

// Policy returns an inline policy; nil if the role has none of that name.
func (r *Role) Policy(name string) *RolePolicy {
	if n := slices.IndexFunc(r.Policies, func(p RolePolicy) bool { return p.Name == name }); n >= 0 {
		return &r.Policies[n]
	}
	return nil
}

// Validate reports what is wrong with a role. Whether the attached policies exist is checked when
// it is written.
func (r *Role) Validate() error {
	switch {
	case len(r.Name) > maxRoleName || !iamNames.MatchString(r.Name):
		return Errorf(KindInvalidParameter, "roleName: '%s' may have up to %d letters, digits and _+=,.@-", r.Name, maxRoleName)
	case len(r.Path) > maxIAMPath || !iamPaths.MatchString(r.Path):
		return Errorf(KindInvalidParameter, "path: '%s' must begin and end with a slash", r.Path)
	case len(r.Description) > maxDescription:
		return Errorf(KindInvalidParameter, "description: it has %d bytes and may have %d", len(r.Description), maxDescription)
	case r.MaxSession < DefaultSession || r.MaxSession > MaxSession:
		return Errorf(KindInvalidParameter, "maxSessionDuration: %d is not between %d and %d seconds", r.MaxSession, DefaultSession, MaxSession)
	case len(r.Attached) > maxAttached:
		return Errorf(KindLimitExceeded, "Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
	}
	if _, err := ParseTrust(r.Trust); err != nil {
		return err
	}
	size := 0
	for _, p := range r.Policies {
		if len(p.Name) > maxPolicyName || !iamNames.MatchString(p.Name) {
			return Errorf(KindInvalidParameter, "policyName: '%s' may have up to %d letters, digits and _+=,.@-", p.Name, maxPolicyName)
		}
		if _, err := ParseRolePolicy(p.Document); err != nil {
			return err
		}
		size += len(strings.Join(strings.Fields(p.Document), ""))
	}
	if size > maxInline {
		return Errorf(KindLimitExceeded, "Maximum policy size of %d bytes exceeded for role %s", maxInline, r.Name)
	}
	return nil
}

// RoleList is the native API's list of roles.
type RoleList struct {
	Roles []*Role `json:"roles"`
}

// RoleSpec is what people say of a role. It replaces what the role has, except for fields that are
// empty and say so.
type RoleSpec struct {
	Description string       `json:"description,omitzero"`
	Policies    []RolePolicy `json:"policies,omitzero"`
	Attached    []string     `json:"attachedPolicies,omitzero"`
	// Path of a new role; empty: / of a new one, and that of an existing one.
	Path string `json:"path,omitzero"`
	// Trust is the trust policy; empty: TasksTrust for a new role, unchanged for an existing one.
	Trust string `json:"trustPolicy,omitzero"`
	// MaxSession is in seconds; zero: DefaultSession for a new role, unchanged for an existing one.
	MaxSession int32 `json:"maxSessionDuration,omitzero"`
	// New fails if the role exists.
	New bool `json:"new,omitzero"`
}

// PutRole adds a role or changes it.
type PutRole struct {
	Role Role // with its new Version
	// Was is the version that is changed; zero: there must be no role of that name.
	Was int64
	// Tags are those of a new role.
	Tags []Tag
}

// CommandType implements Command.
func (PutRole) CommandType() CommandType { return CmdPutRole }

// DeleteRole removes a role with its tags. Its temporary keys are refused from then on.
type DeleteRole struct {
	Name string
	Was  int64 // the version that is removed
}

// CommandType implements Command.
func (DeleteRole) CommandType() CommandType { return CmdDeleteRole }

// ErrRoleNotFound reports that a role does not exist, in IAM's words.
func ErrRoleNotFound(name string) *Error {
	return Errorf(KindResourceNotFound, "The role with name %s cannot be found.", name)
}

// ErrRoleChanged reports that a role was changed by another call in the meantime.
func ErrRoleChanged(name string) *Error {
	return Errorf(KindConflict, "The role %s is being changed by another call; try again", name)
}
