package control

import (
	"context"
	"errors"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Buckets reads the objects of mapped buckets.
type Buckets interface {
	// Get returns the content of an object of at most limit bytes. secret is that of the mapping's
	// access key.
	Get(ctx context.Context, m structs.BucketMapping, secret, key string, limit int64) ([]byte, error)
}

// Secrets reads the values of secrets and parameters.
type Secrets interface {
	// Value returns the value at an address, as in valueFrom of a container's secrets, for the
	// caller of ctx.
	Value(ctx context.Context, snap *state.Snapshot, address string) (string, error)
}

// filesTimeout bounds how long the files of a task may take to read. The agent waits longer for an
// answer, so it learns what was slow.
const filesTimeout = 20 * time.Second

// actionGetObject is what the execution role of a task with environment files must be allowed
// (ECS).
const actionGetObject = "s3:GetObject"

// TaskFiles returns what a task gets out of files. Only the agent of the task's instance gets it.
// An error that is neither Unavailable nor Internal means that the task cannot have its files.
func (c *Control) TaskFiles(ctx context.Context, secrets Secrets, instance, task string) (structs.TaskFiles, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return structs.TaskFiles{}, err
	}
	t := snap.Task(task)
	if t == nil || t.Instance != instance || !t.Holds() {
		return structs.TaskFiles{}, structs.Errorf(structs.KindResourceNotFound, "task %s is not one that container instance %s runs", task, instance)
	}
	definition := snap.TaskDefinition(t.TaskDefinition)
	if definition == nil {
		return structs.TaskFiles{}, structs.ErrTaskDefinitionNotFound()
	}
	job := snap.Job(t.Job)
	if job == nil {
		job = new(structs.Job)
	}
	ctx, cancel := context.WithTimeout(ctx, filesTimeout)
	defer cancel()
	if ctx, err = c.withExecutionRole(ctx, definition, job); err != nil {
		return structs.TaskFiles{}, err
	}
	files := structs.TaskFiles{Version: job.FilesVersion}
	for i := range definition.ContainerDefinitions {
		container := definition.ContainerDefinitions[i].WithOverride(job.Overrides)
		for _, f := range job.FilesOf(&container) {
			file, err := configFile(ctx, snap, secrets, container.Name, f)
			if err != nil {
				return structs.TaskFiles{}, err
			}
			files.Files = append(files.Files, file)
		}
		variables, err := c.environmentOf(ctx, snap, &container)
		if err != nil {
			return structs.TaskFiles{}, err
		}
		if len(variables) > 0 {
			if files.Environment == nil {
				files.Environment = map[string]map[string]string{}
			}
			files.Environment[container.Name] = variables
		}
	}
	return files, nil
}

// withExecutionRole returns a context whose calls are made by the execution role of a task. Only
// tasks that get something with it need one, and only where not everything is allowed.
func (c *Control) withExecutionRole(ctx context.Context, d *structs.TaskDefinition, job *structs.Job) (context.Context, error) {
	if opens(ctx) || !d.HasEnvironmentFiles(job.Overrides) && !job.HasSecretFiles(d) {
		return ctx, nil
	}
	role := d.ExecutionRoleArn
	if job.Overrides != nil && job.Overrides.ExecutionRoleArn != "" {
		role = job.Overrides.ExecutionRoleArn
	}
	if role == "" {
		return nil, structs.Errorf(structs.KindAccessDenied,
			"the task definition has no executionRoleArn; give it a role that may read its environment files (s3:GetObject) and secrets")
	}
	return c.WithRole(ctx, role)
}

// environmentOf returns the variables of a container's environment files. Of several files with a
// variable the first one counts (ECS's agent).
func (c *Control) environmentOf(ctx context.Context, snap *state.Snapshot, container *structs.ContainerDefinition) (map[string]string, error) {
	all := map[string]string{}
	for _, file := range container.EnvironmentFiles {
		variables, err := c.environmentFile(ctx, snap, file)
		if err != nil {
			kind := structs.KindOf(err)
			if kind == structs.KindInternal { // of the store that has it; the text is for people
				kind = structs.KindClient
			}
			return nil, structs.Errorf(kind, "environment file %s of container %s: %v", file.Value, container.Name, err)
		}
		for name, value := range variables {
			if _, has := all[name]; !has {
				all[name] = value
			}
		}
	}
	return all, nil
}

func (c *Control) environmentFile(ctx context.Context, snap *state.Snapshot, file structs.EnvironmentFile) (map[string]string, error) {
	bucket, key, refusal := file.Object()
	if refusal != nil {
		return nil, refusal
	}
	if err := Authorize(ctx, actionGetObject, Resource{ARN: file.Value}); err != nil {
		return nil, err
	}
	m := snap.BucketMapping(bucket)
	if m == nil || c.config.Buckets == nil {
		return nil, structs.ErrBucketNotMapped(bucket)
	}
	secret, err := c.bucketSecret(m)
	if err != nil {
		return nil, err
	}
	content, err := c.config.Buckets.Get(ctx, *m, secret, key, structs.MaxEnvironmentFile)
	if errors.Is(err, context.Canceled) { // the agent is gone
		return nil, structs.Errorf(structs.KindUnavailable, "%v", err)
	}
	if err != nil {
		return nil, err
	}
	return structs.ParseEnvironmentFile(content)
}

// bucketSecret returns the secret of a mapping's access key, or "" if it has none.
func (c *Control) bucketSecret(m *structs.BucketMapping) (string, error) {
	if len(m.Sealed) == 0 {
		return "", nil
	}
	remedy := structs.Errorf(structs.KindClient, "the access key of bucket %s cannot be decrypted with this cluster's secret; map the bucket anew", m.Bucket)
	if c.config.BucketSealer == nil {
		return "", remedy
	}
	secret, err := c.config.BucketSealer.Open(structs.BucketSealName(m.Bucket, m.Endpoint), m.Sealed)
	if err != nil {
		return "", remedy
	}
	return string(secret), nil
}

// configFile returns a file of a job file with its content.
func configFile(ctx context.Context, snap *state.Snapshot, secrets Secrets, container string, f structs.ConfigFile) (structs.TaskFile, error) {
	file := structs.TaskFile{Container: container, Path: f.Path, Content: []byte(f.Content), InPlace: f.InPlace(), Signal: f.SignalOnChange()}
	file.Mode, file.UID, file.GID = f.Permissions()
	if f.Secret == "" {
		return file, nil
	}
	if secrets == nil {
		return file, structs.Errorf(structs.KindUnsupportedFeature, "file %s of container %s: this server has no secrets", f.Name, container)
	}
	value, err := secrets.Value(ctx, snap, f.Secret)
	if err != nil {
		return file, structs.Errorf(structs.KindOf(err), "file %s of container %s: %v", f.Name, container, err)
	}
	file.Content = []byte(value)
	return file, nil
}
