package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// CreateLogGroup creates a log group. It fails with KindConflict if there is one of that name.
func (c *Control) CreateLogGroup(ctx context.Context, name, class string, tags []structs.Tag) error {
	if err := structs.CheckLogGroupName(name); err != nil {
		return err
	}
	group := structs.LogGroup{Name: name, Class: class, CreatedAt: c.Now()}
	_, err := c.config.Log.Apply(ctx, structs.PutLogGroups{Groups: []structs.LogGroup{group}, Tags: tags, New: true})
	return err
}

// DeleteLogGroup deletes a log group. The agents delete what it has; until they have done so it is
// not shown any more, not even in a new group of the same name.
func (c *Control) DeleteLogGroup(ctx context.Context, name string) error {
	_, err := c.config.Log.Apply(ctx, structs.DeleteLogGroup{Group: name})
	return err
}

// SetLogRetention sets after how many days the events of a log group expire; zero: never.
func (c *Control) SetLogRetention(ctx context.Context, name string, days int32) error {
	if days != 0 {
		if err := structs.CheckLogRetention(days); err != nil {
			return err
		}
	}
	_, err := c.config.Log.Apply(ctx, structs.SetLogRetention{Group: name, Days: days})
	return err
}

// EnsureLogGroups makes the log groups exist that a task of an instance writes to with awslogs. On
// an open installation (gantry dev, --insecure) it creates those that do not exist. On a secured
// one it creates those whose containers ask for it (awslogs-create-group), as ECS does, and
// otherwise fails with KindResourceNotFound.
func (c *Control) EnsureLogGroups(ctx context.Context, instance, task string) error {
	snap, err := c.Read(ctx)
	if err != nil {
		return err
	}
	t := snap.Task(task)
	if t == nil || t.Instance != instance {
		return structs.Errorf(structs.KindInvalidParameter, "task %s is not on container instance %s", task, instance)
	}
	d := snap.TaskDefinition(t.TaskDefinition)
	if d == nil {
		return structs.ErrTaskDefinitionNotFound()
	}
	var missing []structs.LogGroup
	for _, g := range d.AwslogsGroups() {
		if snap.LogGroup(g.Name) != nil {
			continue
		}
		if err := structs.CheckLogGroupName(g.Name); err != nil {
			return err
		}
		if !g.Create && !open(ctx) {
			return structs.ErrLogGroupMissing(g.Name)
		}
		missing = append(missing, structs.LogGroup{Name: g.Name, CreatedAt: c.Now()})
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.config.Log.Apply(ctx, structs.PutLogGroups{Groups: missing})
	return err
}

// missesLogGroup reports whether a task that is about to start writes to a log group that does not
// exist. A group that was made before the task is in every state that has the task.
func missesLogGroup(snap *state.Snapshot, t *structs.Task, d *structs.TaskDefinition) bool {
	if d == nil || t.LastStatus >= structs.TaskRunning {
		return false
	}
	return slices.ContainsFunc(d.AwslogsGroups(), func(g structs.AwslogsGroup) bool { return snap.LogGroup(g.Name) == nil })
}

// open reports whether an agent calls without a certificate: any caller may do everything.
func open(ctx context.Context) bool {
	c := CallerOf(ctx)
	return c == nil || c.Instance == ""
}

// LogGroupBegins returns, for those of the log groups that exist, the time of the oldest event that
// each can have. Agents delete what is older, and all of a group that does not exist.
func (c *Control) LogGroupBegins(ctx context.Context, groups []string) (map[string]structs.Time, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	begins := map[string]structs.Time{}
	for _, name := range groups {
		if g := snap.LogGroup(name); g != nil {
			begins[name] = g.Begin(c.Now())
		}
	}
	return begins, nil
}
