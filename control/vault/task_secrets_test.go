package vault_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

const (
	inAWS      = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
	parameters = "arn:aws:ssm:eu-west-1:123456789012:parameter/"
)

// run runs a task whose container has secrets, and returns its id and instance.
func (h *harness) run(change func(*structs.ContainerDefinition)) (task, instance string) {
	h.Helper()
	i := h.node.AddInstance(h.T, "default", 4096, 4096)
	c := structs.ContainerDefinition{Name: "app", Image: "nginx", Memory: new(int32(64))}
	change(&c)
	d, err := h.node.Control.RegisterTaskDefinition(h.Context(), structs.TaskDefinition{
		Family: "web", ExecutionRoleArn: "arn:aws:iam::123456789012:role/exec", ContainerDefinitions: []structs.ContainerDefinition{c},
	}, nil)
	h.must(err)
	placed, err := h.node.Control.RunTask(h.Context(), control.RunTaskInput{Job: structs.Job{Cluster: "default", TaskDefinition: d.Key(), Count: 1}})
	h.must(err)
	return placed.Tasks[0].ID, i.ID
}

// secretsOf returns what the agent of a new task with one secret gets.
func (h *harness) secretsOf(ctx context.Context, from string) structs.TaskSecrets {
	h.Helper()
	task, instance := h.run(func(c *structs.ContainerDefinition) { c.Secrets = []structs.Secret{{Name: "S", ValueFrom: from}} })
	t := h.snap().Task(task)
	got, err := h.TaskSecrets(ctx, t.Instance, structs.TaskSecretsRequest{Task: task})
	h.must(err)
	_ = instance
	return got
}

// Addresses are read as people write them.
func TestAddresses(t *testing.T) {
	h := newHarness(t)
	h.put("prod/db", `{"user":"joe","port":5432,"more":{"a": 1},"none":null}`, "11111111-1111-4111-8111-111111111111")
	h.put("prod/db", `{"user":"jane"}`, "t2")
	h.put("only-secret", "s", "t3")
	for _, name := range []string{"/deep/param", "plain", "/slash"} {
		_, err := h.PutParameter(t.Context(), vault.ParameterInput{Name: name, Value: "value of " + name, Type: structs.ParameterSecure})
		h.must(err)
	}
	first := ":AWSPREVIOUS:"
	for from, want := range map[string]string{
		inAWS + "prod/db-AbCdEf":                                     `{"user":"jane"}`,
		inAWS + "prod/db":                                            `{"user":"jane"}`,
		inAWS + "prod/db-AbCdEf:user::":                              "jane",
		inAWS + "prod/db-AbCdEf:user:":                               "jane",
		inAWS + "prod/db:user":                                       "jane",
		inAWS + "prod/db:port" + first:                               "5432",
		inAWS + "prod/db:more" + first:                               `{"a":1}`,
		inAWS + "prod/db:user::11111111-1111-4111-8111-111111111111": "joe",
		"/deep/param":                                                "value of /deep/param", "deep/param": "value of /deep/param", "/deep/param:1": "value of /deep/param",
		parameters + "deep/param": "value of /deep/param", parameters + "plain": "value of plain", parameters + "slash": "value of /slash",
		"plain": "value of plain", "/plain": "value of plain", "slash": "value of /slash", "only-secret": "s",
	} {
		if got := h.secretsOf(t.Context(), from); got.Refused != "" || got.Environment["app"]["S"] != want {
			t.Errorf("%s: got %q, refused %q; want %q", from, got.Environment["app"]["S"], got.Refused, want)
		}
	}
	for from, want := range map[string]string{
		inAWS + "nope-AbCdEf:key::":      "unable to retrieve secret from asm: failed to fetch secret " + inAWS + "nope-AbCdEf:key:: from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
		inAWS + "prod/db:password::":     "did not contain json key password",
		inAWS + "only-secret:password::": "is not a JSON object",
		inAWS + "prod/db::AWSPENDING:":   "staging label: AWSPENDING",
		"/missing":                       "unable to retrieve secrets from ssm: invalid ssm parameters: /missing",
		"plain:9":                        "could not find version 9",
		parameters + "only-secret":       "invalid ssm parameters",
		"arn:aws:s3:::x":                 "neither the name of a parameter",
	} {
		got := h.secretsOf(t.Context(), from)
		if !strings.HasPrefix(got.Refused, "unable to pull secrets or registry auth: ") || !strings.Contains(got.Refused, want) || got.Environment != nil {
			t.Errorf("%s: %+q", from, got.Refused)
		}
		if strings.Contains(got.Refused, "jane") {
			t.Errorf("the refusal has a value: %s", got.Refused)
		}
	}
}

// Only the agent that has the task gets its secrets; options of log drivers come apart from
// variables.
func TestOnlyTheTasksAgent(t *testing.T) {
	h := newHarness(t)
	h.put("token", "geheim", "t1")
	h.put("login", `{"username":"me","password":"word"}`, "t2")
	task, _ := h.run(func(c *structs.ContainerDefinition) {
		c.LogConfiguration = &structs.LogConfiguration{LogDriver: "splunk", SecretOptions: []structs.Secret{{Name: "splunk-token", ValueFrom: inAWS + "token"}}}
		c.RepositoryCredentials = &structs.RepositoryCredentials{CredentialsParameter: inAWS + "login-AbCdEf"}
	})
	other := h.node.AddInstance(t, "default", 4096, 4096)
	in := structs.TaskSecretsRequest{Task: task}
	_, err := h.TaskSecrets(t.Context(), other.ID, in)
	h.refused(err, structs.KindResourceNotFound, "is not on container instance")
	at := h.snap().Task(task).Instance
	got, err := h.TaskSecrets(t.Context(), at, in)
	h.must(err)
	if got.LogOptions["app"]["splunk-token"] != "geheim" || len(got.Environment) != 0 {
		t.Errorf("refused %q, options of %d containers, variables of %d", got.Refused, len(got.LogOptions), len(got.Environment))
	}
	in.Credentials = inAWS + "login-AbCdEf"
	if got, err = h.TaskSecrets(t.Context(), at, in); err != nil || got.Username != "me" || got.Password != "word" {
		t.Errorf("the login: %q refused %q, error %v", got.Username, got.Refused, err)
	}
	in.Credentials = inAWS + "token" // the definition does not name it
	_, err = h.TaskSecrets(t.Context(), at, in)
	h.refused(err, structs.KindAccessDenied, "does not name the credentials")
}

// On a secured cluster the execution role decides; the audit log knows what was read.
func TestExecutionRole(t *testing.T) {
	h := newHarness(t)
	h.put("db", "geheim", "t1")
	agent := &control.Caller{ARN: "agent/i", Instance: "i", Policy: &structs.Policy{}}
	ctx := control.WithCaller(t.Context(), agent)
	if got := h.secretsOf(ctx, inAWS+"db"); !strings.Contains(got.Refused, "role/exec") || got.Environment != nil {
		t.Errorf("without the role: %q", got.Refused)
	}
	role := structs.Role{ID: "AROAAAAAAAAAAAAAAAAAA", Name: "exec", Path: "/", Version: 1, Trust: structs.TasksTrust}
	h.node.MustApply(t, structs.PutRole{Role: role})
	got := h.secretsOf(ctx, inAWS+"db")
	if !strings.Contains(got.Refused, "AccessDeniedException") || !strings.Contains(got.Refused, "not authorized to perform: secretsmanager:GetSecretValue") {
		t.Errorf("without permission: %q", got.Refused)
	}
	role.Version, role.Policies = 2, []structs.RolePolicy{{Name: "read", Document: `{"Version":"2012-10-17","Statement":{"Effect":"Allow",
		"Action":"secretsmanager:GetSecretValue","Resource":"` + inAWS + `db-??????"}}`}}
	h.node.MustApply(t, structs.PutRole{Role: role, Was: 1})
	if got = h.secretsOf(ctx, inAWS+"db"); got.Environment["app"]["S"] != "geheim" {
		t.Errorf("with permission: refused %q", got.Refused)
	}
	if agent.Action != "gantry:DeliverSecrets" || len(agent.Resources) != 2 || !strings.Contains(agent.Resources[1], ":secret:db-") {
		t.Errorf("audited %s on %q", agent.Action, agent.Resources)
	}
}
