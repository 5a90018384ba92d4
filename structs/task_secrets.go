package structs

// TaskSecretsRequest is an agent's question for the secrets of a task that is assigned to it.
type TaskSecretsRequest struct {
	Task string `json:"task"`
	// Credentials, if not empty, asks for the login of a registry instead: the
	// credentialsParameter of one of the task's containers.
	Credentials string `json:"credentials,omitzero"`
}

// TaskSecrets are the values that the containers of a task are started with. They are in the memory
// of servers and agents only.
type TaskSecrets struct {
	// Environment has the variables of secrets by container, and LogOptions the options of
	// logConfiguration.secretOptions.
	Environment map[string]map[string]string `json:"environment,omitzero"`
	LogOptions  map[string]map[string]string `json:"logOptions,omitzero"`
	// Username and Password are the login of a registry.
	Username string `json:"username,omitzero"`
	Password string `json:"password,omitzero"`
	// Refused, if not empty, is why the task cannot have them, in ECS's words. Nothing else is set
	// then. To ask again would not help.
	Refused string `json:"refused,omitzero"`
}

// String hides the values from logs.
func (TaskSecrets) String() string { return "(secrets)" }

// HasSecrets reports whether a container takes values from the store of secrets.
func (c *ContainerDefinition) HasSecrets() bool {
	return len(c.Secrets) > 0 || c.LogConfiguration != nil && len(c.LogConfiguration.SecretOptions) > 0
}
