package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil/fluent"
)

// routedOutput returns the records that a router of the test image has received, by container.
func routedOutput(t *testing.T, router types.Container) map[string][]fluent.Record {
	t.Helper()
	all := map[string][]fluent.Record{}
	for line := range strings.Lines(docker(t, "logs", aws.ToString(router.RuntimeId))) {
		var r fluent.Record
		if json.Unmarshal([]byte(line), &r) == nil && r.Tag != "" {
			name, _, _ := strings.Cut(r.Tag, "-firelens-")
			all[name] = append(all[name], r)
		}
	}
	return all
}

// routed has the output of a container go to the router of its task.
func routed(c types.ContainerDefinition, options map[string]string) types.ContainerDefinition {
	c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwsfirelens, Options: options}
	return c
}

// The output of two containers goes through the router of their task, which has its configuration,
// starts first and ends last. Nothing of the task is left on disk.
func TestLogsThroughARouter(t *testing.T) {
	dir, err := os.MkdirTemp("", "gantry-e2e-") // a short one: the path of a socket has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	d := startDev(t, "--data-dir", dir)
	router := app("router", "router")
	router.FirelensConfiguration = &types.FirelensConfiguration{Type: types.FirelensConfigurationTypeFluentbit, Options: map[string]string{
		"config-file-type": "file", "config-file-value": "/extra.conf",
	}}
	lines := routed(app("lines", "print", "one", "two", "three"), map[string]string{"Name": "stdout", "exclude-pattern": "noise"})
	lines.Essential = aws.Bool(false)
	variables := routed(app("variables", "env", "FLUENT_HOST", "FLUENT_PORT"), map[string]string{"Name": "null", "log-driver-buffer-limit": "1m"})
	variables.Essential = aws.Bool(false)
	arn := d.run(d.family(lines, variables, routed(app("app", "sleep"), nil), router))
	task := d.await(arn, "RUNNING")
	id := arn[strings.LastIndex(arn, "/")+1:]
	var got map[string][]fluent.Record
	for deadline := time.Now().Add(patience); len(got["lines"]) < 3 || len(got["variables"]) < 2; {
		if got = routedOutput(t, container(t, task, "router")); time.Now().After(deadline) {
			t.Fatalf("the router received %+v", got)
		}
		time.Sleep(50 * time.Millisecond)
	}
	for i, want := range []string{"one", "two", "three"} {
		if r := got["lines"][i]; r.Fields["log"] != want || r.Tag != "lines-firelens-"+id || r.Fields["container_id"] == "" || r.Time.Nanosecond() == 0 {
			t.Errorf("record %d is %+v, want %s", i, r, want)
		}
	}
	address := strings.TrimSpace(docker(t, "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", aws.ToString(container(t, task, "router").RuntimeId)))
	if host, port := got["variables"][0].Fields["log"], got["variables"][1].Fields["log"]; host != "FLUENT_HOST="+address || port != "FLUENT_PORT=24224" {
		t.Errorf("a container finds the router at %s, %s; it is at %s", host, port, address)
	}
	configuration := docker(t, "logs", aws.ToString(container(t, task, "router").RuntimeId))
	for _, want := range []string{"Record ecs_task_arn " + arn + "\n", "Match lines-firelens*\n    Exclude log noise\n", "@INCLUDE /extra.conf\n"} {
		if !strings.Contains(configuration, want) {
			t.Errorf("the configuration lacks %q:\n%s", want, configuration)
		}
	}
	task = d.stopTask(arn)
	routerStarted, routerEnded := engineTimes(t, container(t, task, "router"))
	appStarted, appEnded := engineTimes(t, container(t, task, "app"))
	if routerStarted > appStarted || routerEnded < appEnded {
		t.Errorf("the router ran %s to %s, and the app %s to %s", routerStarted, routerEnded, appStarted, appEnded)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "agent", "firelens")); err != nil || len(left) > 0 {
		t.Errorf("left on disk: %v, %v", left, err)
	}
}

// A router whose options do not fit together ends the task with the reason.
func TestRouterThatCannotBeConfigured(t *testing.T) {
	d := startDev(t)
	router := app("router", "router")
	router.FirelensConfiguration = &types.FirelensConfiguration{Type: types.FirelensConfigurationTypeFluentbit}
	task := d.await(d.run(d.family(router, routed(app("app", "sleep"), map[string]string{"Host": "logs.example"}))), "STOPPED")
	if want := "ResourceInitializationError: unable to generate firelens config file: unable to apply log options of container app to firelens config: missing output key Name"; !strings.HasPrefix(aws.ToString(task.StoppedReason), want) {
		t.Errorf("stopped because of %q, want %q", aws.ToString(task.StoppedReason), want)
	}
}
