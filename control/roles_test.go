package control_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// newRoles returns a node that makes keys of roles, with an instance.
func newRoles(t *testing.T) (*singlenode.Node, string) {
	c := singlenode.New(t, func(c *control.Config) { c.Sessions = security.OpenSessions() })
	return c, c.AddInstance(t, structs.DefaultCluster, 4096, 8192).ID
}

// as returns a context of a caller with a policy; empty: the policy says nothing.
func as(t *testing.T, policy string) context.Context {
	t.Helper()
	p := structs.Policy{}
	if policy != "" {
		var err error
		p, err = structs.ParsePolicy(policy)
		noError(t, err)
	}
	return control.WithCaller(t.Context(), &control.Caller{ARN: "arn:aws:iam::000000000000:user/ci", Key: "AKIA1", Policy: &p})
}

const trustsAll = `{"Statement":{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}}`

func putRole(t *testing.T, c *singlenode.Node, name string, spec structs.RoleSpec) *structs.Role {
	t.Helper()
	r, err := c.Control.PutRole(t.Context(), name, spec)
	noError(t, err)
	return r
}

func TestAssumeRole(t *testing.T) {
	c, _ := newRoles(t)
	putRole(t, c, "deploy", structs.RoleSpec{Path: "/ops/", Trust: trustsAll, MaxSession: 2 * 60 * 60})
	putRole(t, c, "tasks", structs.RoleSpec{})
	ask := structs.AssumeRoleRequest{Role: "arn:aws:iam::123456789012:role/ops/deploy", Session: "me"}
	got, err := c.Control.AssumeRole(as(t, ""), ask)
	noError(t, err)
	if got.ARN != "arn:aws:sts::000000000000:assumed-role/deploy/me" || got.RoleARN != "arn:aws:iam::000000000000:role/ops/deploy" ||
		got.UserID != c.Store.Snapshot().Role("deploy").ID+":me" || got.Expires.Std().Sub(c.Control.Now().Std()).Round(time.Minute) != time.Hour {
		t.Errorf("%+v", got)
	}
	session := control.WithCaller(t.Context(), &control.Caller{ARN: got.ARN, Role: got.RoleARN, Policy: &structs.Policy{}})
	for name, test := range map[string]struct {
		ctx    context.Context
		change func(*structs.AssumeRoleRequest)
		kind   structs.Kind
		text   string
	}{
		"no such role":            {as(t, ""), func(r *structs.AssumeRoleRequest) { r.Role = "none" }, structs.KindAccessDenied, "user/ci is not authorized to perform: sts:AssumeRole on resource: none"},
		"at another path":         {as(t, ""), func(r *structs.AssumeRoleRequest) { r.Role = "arn:aws:iam::1:role/deploy" }, structs.KindAccessDenied, "sts:AssumeRole"},
		"a role of tasks":         {as(t, ""), func(r *structs.AssumeRoleRequest) { r.Role = "tasks" }, structs.KindAccessDenied, "sts:AssumeRole"},
		"too long":                {as(t, ""), func(r *structs.AssumeRoleRequest) { r.Seconds = 2*60*60 + 1 }, structs.KindInvalidParameter, "not between 900 and 7200"},
		"too short":               {as(t, ""), func(r *structs.AssumeRoleRequest) { r.Seconds = 899 }, structs.KindInvalidParameter, "not between 900 and 7200"},
		"long, from a session":    {session, func(r *structs.AssumeRoleRequest) { r.Seconds = 3601 }, structs.KindInvalidParameter, "not between 900 and 3600"},
		"a session with a blank":  {as(t, ""), func(r *structs.AssumeRoleRequest) { r.Session = "a b" }, structs.KindInvalidParameter, "roleSessionName"},
		"who may do everything":   {t.Context(), func(r *structs.AssumeRoleRequest) { r.Role = "tasks" }, "", ""},
		"no role, and no gate":    {t.Context(), func(r *structs.AssumeRoleRequest) { r.Role = "none" }, "", ""},
		"as long as the role may": {as(t, ""), func(r *structs.AssumeRoleRequest) { r.Seconds = 2 * 60 * 60 }, "", ""},
	} {
		r := ask
		test.change(&r)
		_, err := c.Control.AssumeRole(test.ctx, r)
		switch {
		case test.kind == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.kind != "" && (structs.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.text)):
			t.Errorf("%s: %v, want %s %q", name, err, test.kind, test.text)
		}
	}
}

// The agent of an instance gets keys of the roles of its tasks, and of no others.
func TestRoleCredentials(t *testing.T) {
	c, instance := newRoles(t)
	other := c.AddInstance(t, structs.DefaultCluster, 1, 1).ID
	const arn = "arn:aws:iam::123456789012:role/exec"
	_, err := c.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "web", ExecutionRoleArn: arn, ContainerDefinitions: []structs.ContainerDefinition{container("app")},
	}, nil)
	noError(t, err)
	placed, err := c.Control.RunTask(t.Context(), job(1))
	noError(t, err)
	overridden, err := c.Control.RunTask(t.Context(), job(1, func(in *control.RunTaskInput) {
		in.Job.Overrides = &structs.TaskOverride{ExecutionRoleArn: "other"}
	}))
	noError(t, err)
	task := placed.Tasks[0].ID
	ask := func(ctx context.Context, instance, task, kind string) (structs.RoleCredentials, error) {
		return c.Control.RoleCredentials(ctx, instance, structs.RoleCredentialsRequest{Task: task, Kind: kind})
	}
	agent := control.WithCaller(t.Context(), &control.Caller{ARN: "agent", Instance: instance, Policy: &structs.Policy{}})

	got, err := ask(t.Context(), instance, task, structs.RoleOfExecution)
	if err != nil || got.RoleARN != arn || !strings.HasSuffix(got.Expiration, "Z") || got.Token == "" {
		t.Errorf("no such role where any caller may do everything: %+v, %v", got, err)
	}
	_, err = ask(agent, instance, task, structs.RoleOfExecution)
	expectError(t, err, structs.KindAccessDenied, "ECS was unable to assume the role '"+arn+"' that was provided for this task.")
	expectError(t, err, structs.KindAccessDenied, "make it with: gantry role create exec")
	putRole(t, c, "exec", structs.RoleSpec{Trust: trustsAll})
	_, err = ask(agent, instance, task, structs.RoleOfExecution)
	expectError(t, err, structs.KindAccessDenied, "Its trust policy does not let ecs-tasks.amazonaws.com assume it.")
	putRole(t, c, "exec", structs.RoleSpec{Trust: structs.TasksTrust})
	got, err = ask(agent, instance, task, structs.RoleOfExecution)
	if err != nil || got.RoleARN != "arn:aws:iam::000000000000:role/exec" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = ask(agent, instance, overridden.Tasks[0].ID, structs.RoleOfExecution)
	expectError(t, err, structs.KindAccessDenied, "gantry role create other")
	_, err = ask(agent, instance, task, structs.RoleOfTask)
	expectError(t, err, structs.KindInvalidParameter, "has no task role")
	_, err = ask(agent, other, task, structs.RoleOfExecution)
	expectError(t, err, structs.KindResourceNotFound, "is not on container instance")
	c.Outage(5)
	if _, err := ask(agent, instance, task, structs.RoleOfExecution); err != nil {
		t.Errorf("without a leader: %v", err)
	}
	c.Outage(0)
	c.Fail(t, task)
	_, err = ask(agent, instance, task, structs.RoleOfExecution)
	expectError(t, err, structs.KindResourceNotFound, "has stopped")
}

// What is done with a task's role is decided by the role's policies.
func TestWithRole(t *testing.T) {
	c, _ := newRoles(t)
	agent := control.WithCaller(t.Context(), &control.Caller{ARN: "agent/i1", Instance: "i1", Policy: &structs.Policy{}})
	_, err := c.Control.WithRole(agent, "arn:aws:iam::123456789012:role/exec")
	expectError(t, err, structs.KindAccessDenied, "gantry role create exec")
	putRole(t, c, "exec", structs.RoleSpec{
		Policies: []structs.RolePolicy{{Name: "a", Document: `{"Statement":{"Effect":"Allow","Action":"ecs:*","Resource":"*"}}`}},
	})
	policy, err := c.Control.CreatePolicy(t.Context(), structs.ManagedPolicy{Name: "less"}, `{"Statement":{"Effect":"Deny","Action":"ecs:StopTask","Resource":"*"}}`, nil)
	noError(t, err)
	allowed := func(action string) error {
		ctx, err := c.Control.WithRole(agent, "arn:aws:iam::123456789012:role/exec")
		noError(t, err)
		return control.Authorize(ctx, action)
	}
	noError(t, allowed("ecs:StopTask"))
	expectError(t, allowed("ec2:DescribeInstances"), structs.KindAccessDenied, "User: arn:aws:sts::000000000000:assumed-role/exec/ecs-tasks is not authorized to perform: ec2:DescribeInstances")
	_, err = c.Control.ChangeRole(t.Context(), "exec", func(r *structs.Role) error {
		r.Attached = append(r.Attached, "arn:aws:iam::000000000000:"+policy.Resource())
		return nil
	})
	noError(t, err)
	expectError(t, allowed("ecs:StopTask"), structs.KindAccessDenied, "with an explicit deny")
	_, err = c.Control.CreatePolicyVersion(t.Context(), "less", `{"Statement":{"Effect":"Deny","Action":"ecs:RunTask","Resource":"*"}}`, true)
	noError(t, err)
	noError(t, allowed("ecs:StopTask"))
	expectError(t, allowed("ecs:RunTask"), structs.KindAccessDenied, "with an explicit deny")
	if ctx, err := c.Control.WithRole(t.Context(), "none"); err != nil || control.CallerOf(ctx) != nil {
		t.Errorf("where any caller may do everything: %v", err)
	}
}

func TestPassRole(t *testing.T) {
	c, _ := newRoles(t)
	putRole(t, c, "app", structs.RoleSpec{Path: "/web/"})
	pass := `{"Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/web/*","Condition":{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}}}`
	for role, allowed := range map[string]bool{
		"": true, "app": true, "arn:aws:iam::123456789012:role/web/app": true, "arn:aws-cn:iam::1:role/x/app": true,
		"admin": false, "arn:aws:iam::123456789012:role/admin": false, "arn:aws:iam::123456789012:role/web/new": true,
	} {
		if err := c.Control.PassRole(as(t, pass), "", role); (err == nil) != allowed {
			t.Errorf("%s: %v", role, err)
		}
	}
	expectError(t, c.Control.PassRole(as(t, ""), "app"), structs.KindAccessDenied,
		"not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/web/app")
	noError(t, c.Control.PassRole(t.Context(), "app"))
}

// Changes by several callers at once are all kept.
func TestChangesOfARole(t *testing.T) {
	c, _ := newRoles(t)
	putRole(t, c, "app", structs.RoleSpec{})
	var calls sync.WaitGroup
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		calls.Go(func() {
			_, err := c.Control.ChangeRole(t.Context(), "app", func(r *structs.Role) error {
				r.Policies = append(r.Policies, structs.RolePolicy{Name: name, Document: `{"Statement":{"Effect":"Allow","Action":"ecs:*","Resource":"*"}}`})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if r := c.Store.Snapshot().Role("app"); len(r.Policies) != len(names) || r.Version != 5 {
		t.Errorf("%+v", r)
	}
	ctx := t.Context()
	_, err := c.Control.PutRole(ctx, "app", structs.RoleSpec{New: true})
	expectError(t, err, structs.KindAlreadyExists, "Role with name app already exists.")
	expectError(t, c.Control.DeleteRole(ctx, "app", false), structs.KindDeleteConflict, "must delete policies first")
	noError(t, c.Control.DeleteRole(ctx, "app", true))
	expectError(t, c.Control.DeleteRole(ctx, "app", true), structs.KindResourceNotFound, "The role with name app cannot be found.")
	for name, test := range map[string]struct {
		spec structs.RoleSpec
		kind structs.Kind
		text string
	}{
		"a b":  {structs.RoleSpec{}, structs.KindInvalidParameter, "roleName"},
		"path": {structs.RoleSpec{Path: "x"}, structs.KindInvalidParameter, "path"},
		"long": {structs.RoleSpec{MaxSession: 13 * 60 * 60}, structs.KindInvalidParameter, "maxSessionDuration"},
		"aws":  {structs.RoleSpec{Attached: []string{"arn:aws:iam::aws:policy/Unheard"}}, structs.KindResourceNotFound, "does not exist or is not attachable"},
		"own":  {structs.RoleSpec{Attached: []string{"arn:aws:iam::000000000000:policy/none"}}, structs.KindResourceNotFound, "does not exist or is not attachable"},
		"bad":  {structs.RoleSpec{Policies: []structs.RolePolicy{{Name: "p", Document: "{"}}}, structs.KindMalformedPolicy, "policy"},
		"two":  {structs.RoleSpec{Policies: []structs.RolePolicy{{Name: "p"}, {Name: "p"}}}, structs.KindInvalidParameter, "two of the name p"},
	} {
		_, err := c.Control.PutRole(ctx, name, test.spec)
		expectError(t, err, test.kind, test.text)
	}
}
