package structs

// RoleSession is what the token of a temporary key says: whose it is, and until when.
type RoleSession struct {
	Role string `json:"r"` // its name
	// RoleID ends the session with the role, also if there is another of the same name later. It is
	// empty where roles need not exist (--insecure).
	RoleID string `json:"i,omitzero"`
	Name   string `json:"n"` // of the session
	// Task ends the session with the task; empty if AssumeRole made it.
	Task    string `json:"t,omitzero"`
	Expires Time   `json:"x"`
}

// The kinds of role of a task.
const (
	RoleOfTask      = "task"      // for the calls of its containers: taskRoleArn
	RoleOfExecution = "execution" // for what is done to start it: executionRoleArn
)

// RoleCredentialsRequest asks for the keys of a role of a task.
type RoleCredentialsRequest struct {
	Task string `json:"task"`
	Kind string `json:"kind"` // RoleOfTask or RoleOfExecution
	// Role is what the agent knows the role as. The servers find it themselves.
	Role string `json:"-"`
}

// RoleCredentials are temporary keys of a role, in the form in which containers get them (ECS).
type RoleCredentials struct {
	RoleARN         string `json:"RoleArn"`
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string `json:"SecretAccessKey"`
	Token           string `json:"Token"`
	Expiration      string `json:"Expiration"` // RFC 3339, in UTC, with Z
	// AWS means that they are real AWS keys, which Gantry does not accept.
	AWS bool `json:"-"`
}

// AssumeRoleRequest asks for temporary keys of a role.
type AssumeRoleRequest struct {
	// Role is a name or an ARN. In the native API it stands in the path.
	Role string `json:"-"`
	// Session is the name of the session, which the audit log shows.
	Session string `json:"session"`
	// Seconds is for how long the keys are valid; zero: DefaultSession.
	Seconds int32 `json:"seconds,omitzero"`
	// ExternalID is sts:ExternalId in the trust policy; empty: none.
	ExternalID string `json:"externalId,omitzero"`
}

// RoleOf returns the role of a task of the given kind, from its job's override, which may be nil,
// or its definition. Empty: it has none. Roles are named by ARNs or by names.
func RoleOf(kind string, d *TaskDefinition, o *TaskOverride) string {
	var role string
	switch {
	case kind == RoleOfTask && o != nil:
		role = o.TaskRoleArn
	case kind == RoleOfExecution && o != nil:
		role = o.ExecutionRoleArn
	}
	switch {
	case role != "":
		return role
	case kind == RoleOfTask:
		return d.TaskRoleArn
	case kind == RoleOfExecution:
		return d.ExecutionRoleArn
	}
	return ""
}

// ErrCannotAssume reports that a task cannot have its role, in ECS's words, and what to do.
func ErrCannotAssume(role, because string) *Error {
	return Errorf(KindAccessDenied, "ECS was unable to assume the role '%s' that was provided for this task. Please verify that the role being passed "+
		"has the proper trust relationship and permissions and that your IAM user has permissions to pass this role. %s", role, because)
}
