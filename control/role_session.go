package control

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Sessions makes temporary access keys, whose tokens hold what is known of them, and reads them.
type Sessions interface {
	Issue(content []byte) (id, secret, token string, err error)
	Read(token string) (id, secret string, content []byte, err error)
}

// taskSession is for how long the keys of a task's role are valid (ECS).
const taskSession = 6 * time.Hour

// chainedSession is the longest session that a session may begin (STS: role chaining), in seconds.
const chainedSession = 60 * 60

// sessionNames matches the names that STS allows for sessions.
var sessionNames = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// Assumed are temporary keys of a role, and how the session is called.
type Assumed struct {
	structs.RoleCredentials
	Expires structs.Time
	ARN     string // of the session
	UserID  string // id of the role, and name of the session
}

// AssumeRole returns temporary keys of a role. Both the caller's policy, which the door has asked,
// and the role's trust policy must allow it. A caller who may do everything is not asked for trust.
func (c *Control) AssumeRole(ctx context.Context, in structs.AssumeRoleRequest) (*Assumed, error) {
	if !sessionNames.MatchString(in.Session) {
		return nil, structs.Errorf(structs.KindInvalidParameter, "roleSessionName: '%s' must have 2 to 64 letters, digits and _+=,.@-", in.Session)
	}
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	name, path := structs.RoleName(in.Role)
	r := snap.Role(name)
	if r == nil && opens(ctx) {
		r = &structs.Role{Name: name, Path: "/", MaxSession: structs.MaxSession, Trust: structs.TasksTrust}
	}
	if r == nil || path != "" && path != r.Path || !c.trusts(ctx, r, in) {
		return nil, structs.Errorf(structs.KindAccessDenied, "User: %s is not authorized to perform: sts:AssumeRole on resource: %s "+
			"because there is no such role, or its trust policy does not allow it", callerARN(ctx), in.Role)
	}
	seconds := in.Seconds
	if seconds == 0 {
		seconds = structs.DefaultSession
	}
	most := r.MaxSession
	if caller := CallerOf(ctx); caller != nil && caller.Role != "" {
		most = min(most, chainedSession)
	}
	if seconds < structs.MinSession || seconds > most {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"durationSeconds: %d is not between %d and %d, the role's MaxSessionDuration or the hour that a session of another role may ask for",
			seconds, structs.MinSession, most)
	}
	keys, expires, err := c.issue(structs.RoleSession{Role: r.Name, RoleID: r.ID, Name: in.Session}, time.Duration(seconds)*time.Second)
	if err != nil {
		return nil, err
	}
	keys.RoleARN = RoleARN(r)
	return &Assumed{RoleCredentials: keys, Expires: expires, ARN: sessionARN(r.Name, in.Session), UserID: r.ID + ":" + in.Session}, nil
}

// trusts reports whether a role's trust policy lets the caller assume it.
func (c *Control) trusts(ctx context.Context, r *structs.Role, in structs.AssumeRoleRequest) bool {
	if opens(ctx) {
		return true
	}
	caller := CallerOf(ctx)
	trust, err := structs.ParseTrust(r.Trust)
	if err != nil {
		c.config.Logger.Error("cannot read the trust policy of a role, so nobody can assume it", "role", r.Name, "error", err)
		return false
	}
	keys := caller.keys(nil)
	keys.Set("sts:RoleSessionName", in.Session)
	if in.ExternalID != "" {
		keys.Set("sts:ExternalId", in.ExternalID)
	}
	arns := []string{caller.ARN}
	if caller.Role != "" {
		arns = append(arns, caller.Role)
	}
	return trust.Allows(structs.Principal{ARNs: arns}, keys)
}

// issue makes the keys of a session.
func (c *Control) issue(s structs.RoleSession, valid time.Duration) (keys structs.RoleCredentials, expires structs.Time, err error) {
	if c.config.Sessions == nil {
		return keys, 0, structs.Errorf(structs.KindUnsupportedFeature, "this server makes no keys of roles")
	}
	// containers get whole seconds
	until := c.config.Now().Add(valid).UTC().Truncate(time.Second)
	s.Expires = structs.TimeOf(until)
	content, err := json.Marshal(s)
	if err != nil {
		return keys, 0, err
	}
	keys.AccessKeyID, keys.SecretAccessKey, keys.Token, err = c.config.Sessions.Issue(content)
	keys.Expiration = until.Format(time.RFC3339)
	return keys, s.Expires, err
}

// RoleCredentials returns temporary keys of a role of a task, for the agent of the instance that
// the task is on. They end with the task. It fails with KindInvalidParameter if the task has no
// such role, KindAccessDenied if it cannot have it, which the error explains to the user, and
// KindResourceNotFound if the task is not on the instance or has stopped. It works on any server,
// with a leader or without.
//
// Where any caller may do everything, the role need not exist.
func (c *Control) RoleCredentials(ctx context.Context, instance string, in structs.RoleCredentialsRequest) (structs.RoleCredentials, error) {
	keys, err := c.roleCredentials(ctx, c.config.Store.Snapshot(), instance, in)
	if err == nil {
		return keys, nil
	}
	// this server may lag behind
	snap, late := c.Read(ctx)
	if late != nil {
		return structs.RoleCredentials{}, late
	}
	return c.roleCredentials(ctx, snap, instance, in)
}

func (c *Control) roleCredentials(
	ctx context.Context, snap *state.Snapshot, instance string, in structs.RoleCredentialsRequest,
) (keys structs.RoleCredentials, err error) {
	t := snap.Task(in.Task)
	if t == nil || t.Instance != instance || !t.Holds() {
		return keys, structs.Errorf(structs.KindResourceNotFound, "task %s is not on container instance %s, or has stopped", in.Task, instance)
	}
	job, definition := snap.JobOf(t), snap.TaskDefinition(t.TaskDefinition)
	if job == nil || definition == nil {
		return keys, structs.Errorf(structs.KindResourceNotFound, "the job or the task definition of task %s is gone", in.Task)
	}
	role := structs.RoleOf(in.Kind, definition, job.Overrides)
	if role == "" {
		return keys, structs.Errorf(structs.KindInvalidParameter, "task %s has no %s role", in.Task, in.Kind)
	}
	session := structs.RoleSession{Name: t.ID, Task: t.ID}
	session.Role, _ = structs.RoleName(role)
	keys.RoleARN = role
	r, err := taskRole(snap, role, structs.TaskKey(t.Cluster, t.ID))
	switch {
	case err == nil:
		session.RoleID, keys.RoleARN = r.ID, RoleARN(r)
	case !opens(ctx):
		return keys, err
	}
	arn := keys.RoleARN
	keys, _, err = c.issue(session, taskSession)
	keys.RoleARN = arn
	return keys, err
}

// The reasons for which a temporary key is refused.
var (
	ErrTokenInvalid = errors.New("the security token is invalid")
	ErrTokenExpired = errors.New("the security token has expired")
)

// SessionKey is a temporary key that a call shows.
type SessionKey struct {
	ID, Secret string
	// Caller is who calls if the call is signed with the secret. Its Policy is that of the role.
	Caller *Caller
}

// Session returns the temporary key of a token. It fails with ErrTokenExpired, or ErrTokenInvalid,
// also if the role was deleted or the task of the session has stopped, as far as this server knows.
// open lets the role be missing, and the caller do everything.
func (c *Control) Session(token string, now time.Time, open bool) (*SessionKey, error) {
	if c.config.Sessions == nil {
		return nil, ErrTokenInvalid
	}
	id, secret, content, err := c.config.Sessions.Read(token)
	if err != nil {
		return nil, ErrTokenInvalid
	}
	var s structs.RoleSession
	if err := json.Unmarshal(content, &s); err != nil {
		return nil, ErrTokenInvalid
	}
	if !now.Before(s.Expires.Std()) {
		return nil, ErrTokenExpired
	}
	snap := c.config.Store.Snapshot()
	if t := snap.Task(s.Task); s.Task != "" && (t == nil || !t.Holds()) {
		return nil, ErrTokenInvalid
	}
	r := snap.Role(s.Role)
	if r == nil || r.ID != s.RoleID {
		if !open {
			return nil, ErrTokenInvalid
		}
		r = &structs.Role{Name: s.Role, Path: "/", ID: s.RoleID}
	}
	caller := &Caller{ARN: sessionARN(r.Name, s.Name), Role: RoleARN(r), UserID: r.ID + ":" + s.Name}
	if !open {
		if caller, err = c.roleCaller(snap, r, s.Name); err != nil {
			return nil, err
		}
	}
	caller.Key = id
	return &SessionKey{ID: id, Secret: secret, Caller: caller}, nil
}
