package fsm

import "github.com/gantry-project/gantry/structs"

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
