package hosts

import (
	"context"
	"fmt"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// Tasks returns all tasks, stopped ones too, as the first server that answers has them.
func (c *Cluster) Tasks(ctx context.Context) (tasks []*structs.Task, err error) {
	for _, s := range c.Servers {
		if s.Ended() {
			continue
		}
		var list structs.TaskList
		if list, err = s.tasks(ctx); err == nil || ctx.Err() != nil {
			return list.Tasks, err
		}
	}
	return nil, err
}

func (s *Server) tasks(ctx context.Context) (structs.TaskList, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	native := s.Native()
	defer native.Close()
	return native.Tasks(ctx, structs.DefaultCluster, true)
}

// Running returns, by id, the tasks of a service that are RUNNING and should be.
func (c *Cluster) Running(ctx context.Context, service string) (map[string]*structs.Task, error) {
	list, err := c.Tasks(ctx)
	found := map[string]*structs.Task{}
	for _, task := range list {
		if task.Group == "service:"+service && task.LastStatus == structs.TaskRunning && task.DesiredStatus == structs.TaskRunning {
			found[task.ID] = task
		}
	}
	return found, err
}

// Containers returns, for each running container of a definition on the hosts, its task.
func Containers(family string, on ...*Agent) (tasks []string, err error) {
	for _, a := range on {
		out, err := a.Docker("ps", "--filter", "status=running", "--format", `{{.Label "gantry.definition"}} {{.Label "gantry.task"}}`)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(out) {
			if definition, task, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasPrefix(definition, family+":") {
				tasks = append(tasks, task)
			}
		}
	}
	return tasks, nil
}

// Spread returns an error unless a definition has one container on every host with an agent.
func (c *Cluster) Spread(family string) error {
	for _, a := range c.Agents {
		if on, err := Containers(family, a); err != nil || len(on) != 1 {
			return fmt.Errorf("host %s has the tasks %v: %v", a.Host.Name, on, err)
		}
	}
	return nil
}
