package firelens

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

func routers(t *testing.T) *Routers {
	return New(Config{Dir: t.TempDir(), EC2ID: "i-1", TaskARN: func(t *structs.Task) string { return "arn:" + t.ID }})
}

func assignment(t *testing.T, definition string) structs.Assignment {
	t.Helper()
	d := &structs.TaskDefinition{}
	if err := json.Unmarshal([]byte(definition), d); err != nil {
		t.Fatal(err)
	}
	return structs.Assignment{Task: &structs.Task{ID: "t1", Cluster: "prod"}, Definition: d}
}

const app = `{"name":"app","logConfiguration":{"logDriver":"awsfirelens",
	"options":{"Name":"http","Host":"logs.example","include-pattern":"^E","exclude-pattern":"noise","log-driver-buffer-limit":"4096","mode":"non-blocking","max-buffer-size":"2m"},
	"secretOptions":[{"name":"Key","valueFrom":"s"}]}}`

// Each configuration is as ECS's agent writes it, in testdata.
func TestConfiguration(t *testing.T) {
	for name, definition := range map[string]string{
		"fluentbit": `{"family":"web","revision":3,"containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentbit","options":{"config-file-type":"file","config-file-value":"/extra.conf"}}},` + app + `]}`,
		"fluentbit-awsvpc": `{"family":"web","revision":3,"networkMode":"awsvpc","containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentbit","options":{"enable-ecs-log-metadata":"false"}}},
			{"name":"app","logConfiguration":{"logDriver":"awsfirelens"}},{"name":"mail","logConfiguration":{"logDriver":"awsfirelens","options":{"Name":"syslog","mode":"tls"}}}]}`,
		"fluentbit-host": `{"family":"web","revision":3,"networkMode":"host","containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentbit"}},{"name":"app","logConfiguration":{"logDriver":"awsfirelens","options":{"Name":"stdout"}}}]}`,
		"fluentd": `{"family":"web","revision":3,"containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentd","options":{"config-file-type":"file","config-file-value":"/extra.conf"}}},` +
			strings.Replace(app, `"Name"`, `"@type"`, 1) + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := routers(t)
			if _, err := r.Prepare(t.Context(), assignment(t, definition)); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(r.config.Dir, "t1", "config", "fluent.conf"))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("testdata", name+".conf"))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// The engine sends the output of the others to the router's socket; the options of the driver are
// the engine's, and the others are the router's.
func TestDriverOptions(t *testing.T) {
	r := routers(t)
	as := assignment(t, `{"networkMode":"awsvpc","containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentd"}},`+
		strings.Replace(app, `"Name"`, `"@type"`, 1)+`,{"name":"other","logConfiguration":{"logDriver":"json-file"}}]}`)
	shared, err := r.Prepare(t.Context(), as)
	if err != nil {
		t.Fatal(err)
	}
	if len(shared.Logging) != 1 || shared.Logging["app"].LogDriver != "fluentd" {
		t.Fatalf("logging is %+v", shared.Logging)
	}
	dir := filepath.Join(r.config.Dir, "t1")
	want := `{"fluentd-address":"unix://` + dir + `/socket/fluent.sock","fluentd-async":"true","fluentd-buffer-limit":"4096",` +
		`"fluentd-sub-second-precision":"true","max-buffer-size":"2m","mode":"non-blocking","tag":"app-firelens-t1"}`
	if got, _ := json.Marshal(shared.Logging["app"].Options); string(got) != want {
		t.Errorf("options %s\nwant    %s", got, want)
	}
	binds, _ := json.Marshal(shared.Binds)
	if want := `{"router":[{"HostPath":"` + dir + `/config/fluent.conf","Path":"/fluentd/etc/fluent.conf","ReadOnly":false},{"HostPath":"` + dir + `/socket","Path":"/var/run/","ReadOnly":false}]}`; string(binds) != want {
		t.Errorf("mounts %s\nwant   %s", binds, want)
	}
	environment, _ := json.Marshal(shared.Environment)
	if want := `{"app":{"FLUENT_HOST":"127.0.0.1","FLUENT_PORT":"24224"},"router":{"FLUENT_UID":"0"}}`; string(environment) != want {
		t.Errorf("environment %s\nwant        %s", environment, want)
	}
}

// A router that cannot be configured ends the task with the reason.
func TestRefusedConfigurations(t *testing.T) {
	for want, definition := range map[string]string{
		"unable to apply log options of container app to firelens config: missing output key Name which is required for firelens configuration of type fluentbit": `{"containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentbit"}},
			{"name":"app","logConfiguration":{"logDriver":"awsfirelens","options":{"Host":"h"}}}]}`,
		"option config-file-type is specified but config-file-value is not specified": `{"containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentbit","options":{"config-file-type":"file"}}}]}`,
		"invalid value ftp is specified for option config-file-type":                  `{"containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentbit","options":{"config-file-type":"ftp","config-file-value":"/x"}}}]}`,
		`option "Host" has a line break`: `{"containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentbit"}},
			{"name":"app","logConfiguration":{"logDriver":"awsfirelens","options":{"Name":"http","Host":"h\n[OUTPUT]"}}}]}`,
	} {
		_, err := routers(t).Prepare(t.Context(), assignment(t, definition))
		refusal, ok := errors.AsType[*runtime.Error](err)
		if !ok || refusal.Name != task.ResourceInitialization || !strings.Contains(refusal.Reason, want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	r := New(Config{Dir: filepath.Join(t.TempDir(), strings.Repeat("long/", 20)), TaskARN: func(*structs.Task) string { return "" }})
	if _, err := r.Prepare(t.Context(), assignment(t, `{"containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentbit"}}]}`)); err == nil ||
		!strings.Contains(err.Error(), "start the agent with a shorter --data-dir") {
		t.Errorf("a socket whose path is too long: %v", err)
	}
}

// A later agent leaves the file as it is, because it is mounted; release and sweep remove
// everything.
func TestRoutersAreFoundAgainAndRemoved(t *testing.T) {
	r, as := routers(t), assignment(t, `{"containerDefinitions":[{"name":"router","firelensConfiguration":{"type":"fluentbit"}}]}`)
	prepare := func() os.FileInfo {
		t.Helper()
		if _, err := r.Prepare(t.Context(), as); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(r.config.Dir, "t1", "config", "fluent.conf"))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	if !os.SameFile(prepare(), prepare()) {
		t.Error("the file was replaced")
	}
	if err := r.Sweep(t.Context(), func(task string) bool { return task == "t1" }); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(r.config.Dir); len(entries) != 1 {
		t.Errorf("after a sweep that keeps the task: %v", entries)
	}
	if err := r.Sweep(t.Context(), func(string) bool { return false }); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(r.config.Dir); len(entries) != 0 {
		t.Errorf("after a sweep: %v", entries)
	}
	prepare()
	for range 2 {
		if err := r.Release(t.Context(), "t1"); err != nil {
			t.Error(err)
		}
	}
	if entries, _ := os.ReadDir(r.config.Dir); len(entries) != 0 {
		t.Errorf("after the release: %v", entries)
	}
}
