package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TaskSecrets returns the values that a task is started with, or the login of a registry that its
// definition names, for the agent of the instance that the task is on. It reads them as the task's
// execution role. What cannot be had is TaskSecrets.Refused. It fails with KindResourceNotFound if
// the task is not on the instance.
func (v *Vault) TaskSecrets(ctx context.Context, instance string, in structs.TaskSecretsRequest) (structs.TaskSecrets, error) {
	snap, err := v.Read(ctx)
	if err != nil {
		return structs.TaskSecrets{}, err
	}
	t := snap.Task(in.Task)
	if t == nil || t.Instance != instance || !t.Holds() {
		return structs.TaskSecrets{}, structs.Errorf(structs.KindResourceNotFound, "task %s is not on container instance %s, or has stopped", in.Task, instance)
	}
	job, definition := snap.JobOf(t), snap.TaskDefinition(t.TaskDefinition)
	if job == nil || definition == nil {
		return structs.TaskSecrets{}, structs.Errorf(structs.KindResourceNotFound, "the job or the task definition of task %s is gone", in.Task)
	}
	out, used, err := v.deliver(ctx, snap, definition, job.Overrides, in.Credentials)
	if caller := control.CallerOf(ctx); caller != nil {
		caller.Action, caller.Resources = "gantry:DeliverSecrets", append([]string{"arn:aws:gantry:::task/" + t.Cluster + "/" + t.ID}, used...)
	}
	if refusal, ok := errors.AsType[*refused](err); ok {
		return structs.TaskSecrets{Refused: refusal.reason}, nil
	}
	return out, err
}

// Value returns the value at an address, as in valueFrom of a container's secrets, for the caller
// of ctx. A refusal is of KindClient.
func (v *Vault) Value(ctx context.Context, snap *state.Snapshot, address string) (string, error) {
	value, err := (&delivery{Vault: v, ctx: ctx, snap: snap}).value(address)
	if refusal, ok := errors.AsType[*refused](err); ok {
		return "", structs.Errorf(structs.KindClient, "%s", refusal.reason)
	}
	return value, err
}

// refused is why a task cannot have its secrets. It has no value of a secret.
type refused struct{ reason string }

func (r *refused) Error() string { return r.reason }

// The beginnings of ECS's texts.
const (
	noSecrets    = "unable to pull secrets or registry auth: execution resource retrieval failed: "
	fromSecrets  = noSecrets + "unable to retrieve secret from asm: "
	fromSSM      = noSecrets + "unable to retrieve secrets from ssm: "
	fromRegistry = noSecrets + "unable to get registry auth from asm: "
)

func refuse(format string, args ...any) error { return &refused{fmt.Sprintf(format, args...)} }

// delivery reads the values of one task.
type delivery struct {
	*Vault
	ctx  context.Context // made by the execution role
	snap *state.Snapshot
	used []string // ARNs of what was read
}

// deliver reads the values of a task, or the login of a registry. It returns the ARNs of what it
// read too.
func (v *Vault) deliver(
	ctx context.Context, snap *state.Snapshot, definition *structs.TaskDefinition, overrides *structs.TaskOverride, credentials string,
) (structs.TaskSecrets, []string, error) {
	role := definition.ExecutionRoleArn
	if overrides != nil && overrides.ExecutionRoleArn != "" {
		role = overrides.ExecutionRoleArn
	}
	ctx, err := v.asRole(ctx, role)
	if err != nil {
		return structs.TaskSecrets{}, nil, err
	}
	d := &delivery{Vault: v, ctx: ctx, snap: snap}
	var out structs.TaskSecrets
	if credentials != "" {
		err = d.login(definition, credentials, &out)
	} else {
		err = d.containers(definition, &out)
	}
	return out, d.used, err
}

// asRole returns a context whose calls are made by an execution role.
func (v *Vault) asRole(ctx context.Context, role string) (context.Context, error) {
	if caller := control.CallerOf(ctx); role == "" {
		if caller == nil || caller.Policy == nil {
			return ctx, nil
		}
		return nil, refuse(noSecrets + "the task definition has no executionRoleArn; give it a role that may read its secrets")
	}
	as, err := v.control.WithRole(ctx, role)
	if structs.KindOf(err) == structs.KindAccessDenied {
		return nil, refuse(noSecrets+"%v", err)
	}
	return as, err
}

func (d *delivery) containers(definition *structs.TaskDefinition, out *structs.TaskSecrets) error {
	out.Environment, out.LogOptions = map[string]map[string]string{}, map[string]map[string]string{}
	for i := range definition.ContainerDefinitions {
		c := &definition.ContainerDefinitions[i]
		if err := d.fill(out.Environment, c.Name, c.Secrets); err != nil {
			return err
		}
		if c.LogConfiguration == nil {
			continue
		}
		if err := d.fill(out.LogOptions, c.Name, c.LogConfiguration.SecretOptions); err != nil {
			return err
		}
	}
	return nil
}

// fill adds the values of secrets to a container's.
func (d *delivery) fill(into map[string]map[string]string, container string, secrets []structs.Secret) error {
	for _, s := range secrets {
		value, err := d.value(s.ValueFrom)
		if err != nil {
			return err
		}
		if into[container] == nil {
			into[container] = map[string]string{}
		}
		into[container][s.Name] = value
	}
	return nil
}

// value returns the value at an address.
func (d *delivery) value(address string) (string, error) {
	a, err := structs.ParseSecretAddress(address)
	if err != nil {
		return "", refuse(noSecrets+"valueFrom %v", err)
	}
	if !a.Parameter {
		return d.secret(a, secretOfARN(d.snap, a.Name))
	}
	p := parameterOf(d.snap, a.Name)
	if p == nil && !a.ARN && a.Selector == "" {
		if s := d.snap.Secret(a.Name); s != nil {
			return d.secret(a, s)
		}
	}
	return d.parameter(a, p)
}

// arnPrefix is in ARNs of what a role may read. Region and account do not count in policies.
const arnPrefix = "arn:aws:%s:us-east-1:000000000000:%s"

// may fails unless the execution role may carry out an action on a resource.
func (d *delivery) may(service, action, resource string, key structs.ResourceKey) error {
	keys := structs.PolicyKeys{}
	for _, t := range d.snap.Tags(key) {
		keys.Set(structs.KeyResourceTag+t.Key, t.Value)
	}
	arn := fmt.Sprintf(arnPrefix, service, resource)
	d.used = append(d.used, arn)
	return control.Authorize(d.ctx, service+":"+action, control.Resource{ARN: arn, Keys: keys})
}

func (d *delivery) parameter(a structs.SecretAddress, p *structs.Parameter) (string, error) {
	name := a.Name
	if p != nil {
		name = p.Name
	}
	if err := d.may(structs.ServiceSSM, "GetParameters", structs.ParameterResource(name), structs.ParameterKey(name)); err != nil {
		return "", refuse(fromSSM+"AccessDeniedException: %v", err)
	}
	value, err := d.openParameter(d.snap, p, a)
	switch structs.KindOf(err) {
	case structs.KindResourceNotFound:
		return "", refuse(fromSSM+"invalid ssm parameters: %s. Put it there with: gantry secret put %s", a.Text, a.Text)
	case structs.KindMissingVersion:
		return "", refuse(fromSSM+"invalid ssm parameters: %s: %v", a.Text, err)
	}
	return value.Content, err
}

func (d *delivery) secret(a structs.SecretAddress, s *structs.StoredSecret) (string, error) {
	opened, err := d.read(fromSecrets, a, s)
	if err != nil {
		return "", err
	}
	if opened.Version.Binary || !utf8.Valid(opened.Content) || bytes.IndexByte(opened.Content, 0) >= 0 {
		return "", refuse(fromSecrets+"secret %s is binary, and cannot be the value of a variable", a.Text)
	}
	if a.JSONKey == "" {
		return string(opened.Content), nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(opened.Content, &members) != nil {
		return "", refuse(fromSecrets+"secret %s is not a JSON object, so it has no key %s", a.Text, a.JSONKey)
	}
	member, ok := members[a.JSONKey]
	if !ok {
		return "", refuse(fromSecrets+"retrieved secret from Secrets Manager did not contain json key %s: %s", a.JSONKey, a.Text)
	}
	var text string
	if json.Unmarshal(member, &text) == nil && member[0] == '"' {
		return text, nil
	}
	var compact bytes.Buffer
	err = json.Compact(&compact, member)
	return compact.String(), err
}

// read opens a secret, which may be nil. prefix begins the reasons of refusals.
func (d *delivery) read(prefix string, a structs.SecretAddress, s *structs.StoredSecret) (OpenedSecret, error) {
	name, resource := a.Name, "secret:"+a.Name
	if s != nil {
		name, resource = s.Name, s.Resource()
	}
	fetch := prefix + "failed to fetch secret " + a.Text + " from secrets manager: "
	if err := d.may(structs.ServiceSecretsManager, "GetSecretValue", resource, structs.SecretKey(name)); err != nil {
		return OpenedSecret{}, refuse("%sAccessDeniedException: %v", fetch, err)
	}
	if s == nil {
		return OpenedSecret{}, refuse("%sResourceNotFoundException: %v Put it there with: gantry secret put %s", fetch, errNoSecret(), withoutKey(a))
	}
	opened, err := d.openSecret(d.snap, s, a.VersionID, a.Stage)
	switch structs.KindOf(err) {
	case structs.KindResourceNotFound:
		return OpenedSecret{}, refuse("%sResourceNotFoundException: %v", fetch, err)
	case structs.KindClient:
		return OpenedSecret{}, refuse("%sInvalidRequestException: %v", fetch, err)
	}
	return opened, err
}

// withoutKey returns the address of the whole secret.
func withoutKey(a structs.SecretAddress) string {
	if !a.ARN {
		return a.Name
	}
	head, _, _ := strings.Cut(a.Text, ":secret:")
	return head + ":secret:" + a.Name
}

// login reads the login of a registry: a JSON object with username and password (ECS).
func (d *delivery) login(definition *structs.TaskDefinition, parameter string, out *structs.TaskSecrets) error {
	named := false
	for i := range definition.ContainerDefinitions {
		r := definition.ContainerDefinitions[i].RepositoryCredentials
		named = named || r != nil && r.CredentialsParameter == parameter
	}
	if !named {
		return structs.Errorf(structs.KindAccessDenied, "the task definition does not name the credentials %s", parameter)
	}
	a := structs.SecretAddress{Text: parameter, Name: parameter}
	s := d.snap.Secret(parameter)
	if strings.HasPrefix(parameter, "arn:") {
		var err error
		if a, err = structs.ParseSecretAddress(parameter); err != nil || a.Parameter {
			return refuse(fromRegistry+"credentialsParameter '%s' is neither the name nor the ARN of a secret", parameter)
		}
		s = secretOfARN(d.snap, a.Name)
	}
	opened, err := d.read(fromRegistry, a, s)
	if err != nil {
		return err
	}
	var login struct{ Username, Password string }
	if json.Unmarshal(opened.Content, &login) != nil || login.Username == "" || login.Password == "" {
		return refuse(fromRegistry+`secret %s is not a JSON object with "username" and "password"`, parameter)
	}
	out.Username, out.Password = login.Username, login.Password
	return nil
}
