package metadata

import (
	"slices"

	"github.com/gantry-project/gantry/agent/credentials"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// address is where containers ask (ECS), and http80 the port that is in none of their variables.
const (
	address = "169.254.170.2"
	http80  = 80
)

// The variables of containers. The first ones are those of ECS's agent and win over a definition's;
// a definition may set the others itself.
const (
	variableKeys       = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	variableKeysAt     = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	variableToken      = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
	variableMetadataV3 = "ECS_CONTAINER_METADATA_URI"
	variableMetadataV4 = "ECS_CONTAINER_METADATA_URI_V4"
	variableAgent      = "ECS_AGENT_URI"
	variableExecution  = "AWS_EXECUTION_ENV"

	variableRegion        = "AWS_REGION"
	variableDefaultRegion = "AWS_DEFAULT_REGION"
	variableEndpoint      = "AWS_ENDPOINT_URL"

	variableAccessKey = "AWS_ACCESS_KEY_ID"
)

// variables returns the variables of a task's containers, which ask at a site.
func (m *Metadata) variables(as structs.Assignment, at site, keys credentials.Keys) runtime.Shared {
	shared := runtime.Shared{Environment: map[string]map[string]string{}, Defaults: map[string]map[string]string{}}
	execution := "AWS_ECS_EC2"
	if as.LaunchType == structs.LaunchFargate {
		execution = "AWS_ECS_FARGATE"
	}
	for n := range as.Definition.ContainerDefinitions {
		c := as.Definition.ContainerDefinitions[n].WithOverride(as.Overrides)
		shared.Defaults[c.Name] = map[string]string{variableRegion: m.cfg.Region, variableDefaultRegion: m.cfg.Region}
		shared.Environment[c.Name] = map[string]string{variableExecution: execution}
		if !at.open() {
			continue
		}
		env, id := shared.Environment[c.Name], at.ids.of(as.Task.ID, n)
		env[variableMetadataV3] = at.base + apiV3 + id
		env[variableMetadataV4] = at.base + apiV4 + id
		env[variableAgent] = at.base + apiAgent + id
		if !hasRole(as) {
			continue
		}
		path := apiKeys + at.ids.of(as.Task.ID, forRole)
		if at.place != nil {
			env[variableKeys] = path
		} else {
			env[variableKeysAt], env[variableToken] = at.base+path, at.ids.token(as.Task.ID)
		}
		if !keys.AWS && !hasKeys(&c) {
			shared.Defaults[c.Name][variableEndpoint] = at.endpoint
		}
	}
	return shared
}

// hasKeys reports whether a container has keys besides its role's, which are not for Gantry.
func hasKeys(c *structs.ContainerDefinition) bool {
	return slices.ContainsFunc(c.Environment, func(v structs.KeyValuePair) bool { return v.Name == variableAccessKey }) ||
		slices.ContainsFunc(c.Secrets, func(s structs.Secret) bool { return s.Name == variableAccessKey })
}
