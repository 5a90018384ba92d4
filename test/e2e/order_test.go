package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// dependsOn makes a container wait for another.
func dependsOn(c types.ContainerDefinition, other string, condition types.ContainerCondition) types.ContainerDefinition {
	c.DependsOn = append(c.DependsOn, types.ContainerDependency{ContainerName: aws.String(other), Condition: condition})
	return c
}

// checkedBy has a container checked by a command of the test image.
func checkedBy(c types.ContainerDefinition, command string) types.ContainerDefinition {
	c.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "/app", command}, Interval: aws.Int32(5), Retries: aws.Int32(1)}
	return c
}

// engineTimes returns when the engine started a container, and when it ended.
func engineTimes(t *testing.T, c types.Container) (started, ended string) {
	t.Helper()
	started, ended, _ = strings.Cut(docker(t, "inspect", "-f", "{{.State.StartedAt}} {{.State.FinishedAt}}", aws.ToString(c.RuntimeId)), " ")
	return started, ended
}

// A proxy waits for an app, which waits for a migration and a database. They end in reverse.
func order(t *testing.T, d *dev) {
	migrate := dependsOn(app("migrate", "exit", "0", "500ms"), "db", types.ContainerConditionHealthy)
	migrate.Essential = aws.Bool(false)
	web := dependsOn(dependsOn(app("app", "sleep"), "migrate", types.ContainerConditionSuccess), "db", types.ContainerConditionHealthy)
	arn := d.run(d.family(
		dependsOn(app("proxy", "sleep"), "app", types.ContainerConditionStart), web, migrate, checkedBy(app("db", "sleep"), "print"),
	))
	if c := container(t, d.await(arn, "RUNNING"), "migrate"); aws.ToString(c.LastStatus) != "STOPPED" || aws.ToInt32(c.ExitCode) != 0 {
		t.Errorf("the migration is %s while the task is RUNNING", aws.ToString(c.LastStatus))
	}
	task := d.stopTask(arn)
	dbStarted, dbEnded := engineTimes(t, container(t, task, "db"))
	migrateStarted, migrateEnded := engineTimes(t, container(t, task, "migrate"))
	appStarted, appEnded := engineTimes(t, container(t, task, "app"))
	proxyStarted, proxyEnded := engineTimes(t, container(t, task, "proxy"))
	if !(dbStarted < migrateStarted && migrateEnded < appStarted && appStarted < proxyStarted) {
		t.Errorf("started: db %s, migrate %s to %s, app %s, proxy %s", dbStarted, migrateStarted, migrateEnded, appStarted, proxyStarted)
	}
	if !(proxyEnded < appEnded && appEnded < dbEnded) {
		t.Errorf("ended: proxy %s, app %s, db %s", proxyEnded, appEnded, dbEnded)
	}
}

func failedDependency(t *testing.T, d *dev) {
	init := app("init", "exit", "3")
	init.Essential = aws.Bool(false)
	blocked(t, d, init, types.ContainerConditionSuccess, "[init] for target [app] as dependency did not exit successfully: exit code 3")
}

func unhealthyDependency(t *testing.T, d *dev) {
	blocked(t, d, checkedBy(app("db", "sleep"), "no-such-verb"), types.ContainerConditionHealthy, "[db] for target [app] as dependency is UNHEALTHY")
}

// blocked checks that a task ends at once, with a reason, since its app waits in vain.
func blocked(t *testing.T, d *dev, other types.ContainerDefinition, condition types.ContainerCondition, reason string) {
	t.Helper()
	task := d.await(d.run(d.family(dependsOn(app("app", "sleep"), aws.ToString(other.Name), condition), other)), "STOPPED")
	if task.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.HasPrefix(aws.ToString(task.StoppedReason), "CannotStartContainerError: ") ||
		!strings.Contains(aws.ToString(task.StoppedReason), reason) {
		t.Errorf("stopped with %s, %q; want %q", task.StopCode, aws.ToString(task.StoppedReason), reason)
	}
	if c := container(t, task, "app"); c.ExitCode != nil {
		t.Errorf("the app ran: exit code %d", *c.ExitCode)
	}
}
