package fsm

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// roleSamples are the samples about roles and managed policies.
func roleSamples() map[string]structs.Command {
	return map[string]structs.Command{
		"put_role": structs.PutRole{
			Role: structs.Role{
				ID: "AROAABCDEFGHIJKLMNOPQ", Name: "app", Path: "/tasks/", Version: 3, Description: "what the app may do",
				Trust: structs.TasksTrust, MaxSession: 7200,
				Policies: []structs.RolePolicy{{Name: "read", Document: `{"Statement":[]}`}},
				Attached: []string{"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}, CreatedAt: 1_700_000_000_150, CreatedBy: "me",
			},
			Was: 2, Tags: []structs.Tag{{Key: "team", Value: "a"}},
		},
		"delete_role": structs.DeleteRole{Name: "app", Was: 3},
		"put_managed_policy": structs.PutManagedPolicy{
			Policy: structs.ManagedPolicy{
				ID: "ANPAABCDEFGHIJKLMNOPQ", Name: "read", Path: "/", Version: 2, Description: "reading",
				Versions: []structs.PolicyVersion{{ID: "v1", Document: `{}`, CreatedAt: 1}}, Default: "v1", Made: 1, CreatedAt: 1_700_000_000_151, UpdatedAt: 1_700_000_000_152,
			},
			Was: 1, Tags: []structs.Tag{{Key: "team", Value: "a"}},
		},
		"delete_managed_policy": structs.DeleteManagedPolicy{Name: "read", Was: 2},
	}
}

// anyRole draws a command about a role or a managed policy.
func anyRole() *rapid.Generator[structs.Command] {
	return draw(func(t *rapid.T) structs.Command {
		name := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name")
		version := rapid.Int64Range(0, 2).Draw(t, "version")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			role := structs.Role{Name: name, Path: "/", Version: version + 1, Trust: structs.TasksTrust}
			if rapid.Bool().Draw(t, "attached") {
				role.Attached = []string{"arn:aws:iam::000000000000:policy/" + name}
			}
			return structs.PutRole{Role: role, Was: version, Tags: []structs.Tag{{Key: "k", Value: name}}}
		case 1:
			return structs.DeleteRole{Name: name, Was: version}
		case 2:
			return structs.PutManagedPolicy{Policy: structs.ManagedPolicy{Name: name, Path: "/", Version: version + 1}, Was: version}
		}
		return structs.DeleteManagedPolicy{Name: name, Was: version}
	})
}

// A change counts only if it was made of the newest version, and nothing that is attached goes.
func TestRolesAndPolicies(t *testing.T) {
	h := newHarness(t)
	role := func(was int64, attached ...string) structs.PutRole {
		return structs.PutRole{Role: structs.Role{Name: "app", Path: "/", Version: was + 1, Attached: attached}, Was: was, Tags: []structs.Tag{{Key: "team", Value: "a"}}}
	}
	policy := structs.PutManagedPolicy{Policy: structs.ManagedPolicy{Name: "p", Path: "/x/", Version: 1}}
	const arn = "arn:aws:iam::123456789012:policy/x/p"

	h.do(role(0))
	h.refused(role(0), structs.KindAlreadyExists, "already exists")
	h.refused(role(2), structs.KindConflict, "being changed")
	h.refused(role(1, arn), structs.KindResourceNotFound, arn)
	h.do(policy)
	h.refused(role(1, "arn:aws:iam::123456789012:policy/p"), structs.KindResourceNotFound, "policy/p")
	h.do(role(1, arn))
	h.refused(policy, structs.KindAlreadyExists, "already exists")
	h.refused(structs.DeleteManagedPolicy{Name: "p", Was: 1}, structs.KindDeleteConflict, "role app has it")
	h.refused(structs.DeleteRole{Name: "app", Was: 1}, structs.KindConflict, "being changed")
	h.do(structs.UntagCommand{Resource: structs.RoleKey("app"), Keys: []string{"none"}})
	if tags := h.snap().Tags(structs.RoleKey("app")); len(tags) != 1 {
		t.Errorf("the tags are %v", tags)
	}
	h.do(structs.DeleteRole{Name: "app", Was: 2})
	h.do(structs.DeleteManagedPolicy{Name: "p", Was: 1})
	h.refused(structs.DeleteRole{Name: "app", Was: 2}, structs.KindResourceNotFound, "cannot be found")
	if h.snap().Role("app") != nil || h.snap().ManagedPolicy("p") != nil || len(h.snap().Tags(structs.RoleKey("app"))) > 0 {
		t.Error("something is left")
	}
}
