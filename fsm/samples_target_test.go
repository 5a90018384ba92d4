package fsm

import "github.com/gantry-project/gantry/structs"

// targetSamples are the samples about targets of target groups.
func targetSamples() map[string]structs.Command {
	const instance, group = "0123456789abcdef0123456789abcdef", "0123456789abcdef"
	return map[string]structs.Command{
		"report_targets": structs.ReportTargets{At: 1_700_000_000_290, Reports: []structs.TargetSighting{{
			Instance: instance, Checkers: []string{instance, "i2"},
			Report: structs.TargetReport{
				TargetGroup: group, Address: "10.0.0.7", Port: 32768, Task: "2123456789abcdef0123456789abcdef", Target: "10.0.0.7",
				State: structs.TargetUnhealthy, Reason: "Target.ResponseCodeMismatch",
				Description: "Health checks failed with these codes: [502]",
			},
		}}},
		"set_drained": structs.SetDrained{
			Tasks: []string{"2123456789abcdef0123456789abcdef"}, At: 1_700_000_000_291,
			Targets: []structs.DrainedTarget{{TargetGroup: group, Target: "192.0.2.7", Port: 80}},
		},
	}
}
