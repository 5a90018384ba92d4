package control

import (
	"cmp"
	"context"
	"sync"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// account is in the ARNs of callers.
const account = "000000000000"

// RoleARN returns the ARN of a role.
func RoleARN(r *structs.Role) string { return "arn:aws:iam::" + account + ":" + r.Resource() }

// RoleResource returns the ARN of a role in policies, from its name or from an ARN of any account.
// So no spelling of it evades a policy. If there is no such role, its path is the one given.
func (c *Control) RoleResource(ctx context.Context, nameOrARN string) (string, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return "", err
	}
	name, path := structs.RoleName(nameOrARN)
	if r := snap.Role(name); r != nil {
		return RoleARN(r), nil
	}
	return RoleARN(&structs.Role{Name: name, Path: cmp.Or(path, "/")}), nil
}

// PassRole fails unless the caller may give these roles to tasks: iam:PassRole. Empty names are
// left out. The audit log does not show it.
func (c *Control) PassRole(ctx context.Context, roles ...string) error {
	if opens(ctx) {
		return nil
	}
	for _, role := range roles {
		if role == "" {
			continue
		}
		arn, err := c.RoleResource(ctx, role)
		if err != nil {
			return err
		}
		keys := structs.PolicyKeys{}
		keys.Set("iam:PassedToService", structs.ServiceTasks)
		if err := AuthorizeAlso(ctx, "iam:PassRole", Resource{ARN: arn, Keys: keys}); err != nil {
			return err
		}
	}
	return nil
}

// sessionARN returns the ARN of a session of a role.
func sessionARN(role, session string) string {
	return "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + session
}

// tasksSession is the name of sessions in which Gantry itself acts for a task.
const tasksSession = "ecs-tasks"

// WithRole returns a context whose calls are made by a role that a task was given, named by its ARN
// or name: Authorize decides by the role's policies. It is for what servers do for a task with its
// execution role. It fails with KindAccessDenied if there is no such role, or if the role does not
// trust ecs-tasks.amazonaws.com.
//
// A caller who may do everything stays as it is, and the role need not exist (gantry dev,
// --insecure).
func (c *Control) WithRole(ctx context.Context, role string) (context.Context, error) {
	if opens(ctx) {
		return ctx, nil
	}
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	r, err := taskRole(snap, role, "*")
	if err != nil {
		return nil, err
	}
	caller, err := c.roleCaller(snap, r, tasksSession)
	if err != nil {
		return nil, err
	}
	return WithCaller(ctx, caller), nil
}

// opens reports whether the caller may do everything.
func opens(ctx context.Context) bool {
	caller := CallerOf(ctx)
	return caller == nil || caller.Policy == nil
}

// taskRole returns a role that a task was given, if ECS may assume it for the task. The task is the
// resource part of an ARN.
func taskRole(snap *state.Snapshot, nameOrARN, task string) (*structs.Role, error) {
	name, path := structs.RoleName(nameOrARN)
	r := snap.Role(name)
	switch {
	case r == nil:
		return nil, structs.ErrCannotAssume(nameOrARN, "There is no such role; make it with: gantry role create "+name)
	case path != "" && path != r.Path:
		return nil, structs.ErrCannotAssume(nameOrARN, "The role of that name is "+RoleARN(r)+".")
	}
	trust, err := structs.ParseTrust(r.Trust)
	if err != nil {
		return nil, structs.ErrCannotAssume(nameOrARN, err.Error())
	}
	keys := structs.PolicyKeys{}
	keys.Set(structs.KeySourceARN, "arn:aws:ecs:us-east-1:"+account+":"+task)
	if !trust.Allows(structs.Principal{Service: structs.ServiceTasks}, keys) {
		return nil, structs.ErrCannotAssume(nameOrARN, "Its trust policy does not let "+structs.ServiceTasks+" assume it.")
	}
	return r, nil
}

// roleCaller returns a session of a role as a caller.
func (c *Control) roleCaller(snap *state.Snapshot, r *structs.Role, session string) (*Caller, error) {
	policy, err := c.policies.of(snap, r)
	if err != nil {
		return nil, err
	}
	return &Caller{ARN: sessionARN(r.Name, session), Role: RoleARN(r), UserID: r.ID + ":" + session, Policy: policy}, nil
}

// rolePolicies remembers policies by their documents, so that a call of a role need not read them
// again. Safe for concurrent use.
type rolePolicies struct {
	mu     sync.Mutex
	parsed map[string]structs.Policy
}

// maxParsed bounds how many documents are remembered.
const maxParsed = 10_000

// of returns what a role may do: all statements of its policies. If one cannot be read, a statement
// that denies something might be missing, so it fails.
func (p *rolePolicies) of(snap *state.Snapshot, r *structs.Role) (*structs.Policy, error) {
	all := &structs.Policy{}
	add := func(document string) error {
		policy, err := p.parse(document)
		all.Statement = append(all.Statement, policy.Statement...)
		return err
	}
	for _, inline := range r.Policies {
		if err := add(inline.Document); err != nil {
			return nil, structs.Errorf(structs.KindAccessDenied, "policy %s of role %s: %v", inline.Name, r.Name, err)
		}
	}
	for _, arn := range r.Attached {
		if policy, ok := structs.AWSPolicy(arn); ok {
			all.Statement = append(all.Statement, policy.Statement...)
			continue
		}
		name, _ := structs.PolicyName(arn)
		managed := snap.ManagedPolicy(name)
		if managed == nil || managed.Of(managed.Default) == nil {
			return nil, structs.Errorf(structs.KindAccessDenied, "policy %s of role %s does not exist", arn, r.Name)
		}
		if err := add(managed.Of(managed.Default).Document); err != nil {
			return nil, structs.Errorf(structs.KindAccessDenied, "policy %s of role %s: %v", arn, r.Name, err)
		}
	}
	return all, nil
}

func (p *rolePolicies) parse(document string) (structs.Policy, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if policy, ok := p.parsed[document]; ok {
		return policy, nil
	}
	policy, err := structs.ParseRolePolicy(document)
	if err != nil {
		return policy, err
	}
	if p.parsed == nil || len(p.parsed) >= maxParsed {
		p.parsed = map[string]structs.Policy{}
	}
	p.parsed[document] = policy
	return policy, nil
}
