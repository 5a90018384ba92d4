package fsm

import "github.com/gantry-project/gantry/structs"

func logGroupSamples() map[string]structs.Command {
	return map[string]structs.Command{
		"put_log_groups": structs.PutLogGroups{
			Groups: []structs.LogGroup{
				{Name: "/ecs/web", RetentionDays: 14, CreatedAt: 1_700_000_000_140, Class: structs.LogGroupStandard}, {Name: "/ecs/job"},
			},
			Tags: []structs.Tag{{Key: "team", Value: "a"}}, New: true,
		},
		"delete_log_group":  structs.DeleteLogGroup{Group: "/ecs/web"},
		"set_log_retention": structs.SetLogRetention{Group: "/ecs/web", Days: 30},
	}
}
