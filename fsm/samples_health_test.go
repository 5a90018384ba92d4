package fsm

import "github.com/gantry-project/gantry/structs"

// healthSamples are the samples about the health of container instances.
func healthSamples() map[string]structs.Command {
	const instance = "0123456789abcdef0123456789abcdef"
	return map[string]structs.Command{
		"set_runtime_health": structs.SetRuntimeHealth{
			Instance: instance, Health: structs.RuntimeHealth{Status: structs.HealthImpaired, Reason: "no answer"}, At: 1_700_000_000_190,
		},
		"release_instances": structs.ReleaseInstances{Instances: []string{instance}, At: 1_700_000_000_191},
	}
}
