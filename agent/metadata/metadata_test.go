package metadata

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

// TestKeysInTheFormOfAllSDKs: members that one of the SDKs wants are there and of the type that all
// read, whatever the role's keys are.
func TestKeysInTheFormOfAllSDKs(t *testing.T) {
	for name, keys := range map[string]structs.RoleCredentials{
		"temporary": testKeys(),
		"of a user": {RoleARN: testRole, AccessKeyID: "AKIA", SecretAccessKey: "secret"},
		"another zone": {RoleARN: testRole, AccessKeyID: "ASIA", SecretAccessKey: "secret", Token: "token",
			Expiration: time.Now().Add(time.Hour).In(time.FixedZone("", 7200)).Format(time.RFC3339)},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, newMachine(), "i", t.TempDir())
			a.servers.set(keys, nil)
			status, text := a.ask("GET", a.prepare(assignment(testTask))[variableKeys], "")
			var got map[string]string
			if err := json.Unmarshal([]byte(text), &got); err != nil || status != http.StatusOK {
				t.Fatalf("%d %s", status, text)
			}
			expires, err := time.Parse("2006-01-02T15:04:05Z", got["Expiration"])
			if _, token := got["Token"]; err != nil || !token || time.Until(expires) < 50*time.Minute ||
				got["AccessKeyId"] != keys.AccessKeyID || got["SecretAccessKey"] != "secret" || got["RoleArn"] != testRole {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}

// TestVariables: those of ECS's agent win over a definition's; region and endpoint are only
// defaults; only a task with a role of Gantry's own is told to call Gantry.
func TestVariables(t *testing.T) {
	a := start(t, newMachine(), "i", t.TempDir())
	as := assignment(testTask)
	shared, err := a.Prepare(t.Context(), as)
	if err != nil {
		t.Fatal(err)
	}
	env, defaults := shared.Environment["app"], shared.Defaults["app"]
	if env[variableExecution] != "AWS_ECS_EC2" || !strings.HasPrefix(env[variableMetadataV4], "http://169.254.170.2/v4/") ||
		!strings.HasPrefix(env[variableKeys], "/v2/credentials/") || env[variableMetadataV4] == shared.Environment["side"][variableMetadataV4] ||
		env[variableKeys] != shared.Environment["side"][variableKeys] {
		t.Errorf("environment: %v", shared.Environment)
	}
	if defaults[variableRegion] != "eu-west-1" || defaults[variableDefaultRegion] != "eu-west-1" || !strings.HasPrefix(defaults[variableEndpoint], "http://169.254.170.2:") {
		t.Errorf("defaults: %v", defaults)
	}
	for name, change := range map[string]func(*structs.Assignment){
		"no role":     func(as *structs.Assignment) { as.Definition.TaskRoleArn = "" },
		"keys of AWS": func(*structs.Assignment) { a.servers.set(structs.RoleCredentials{AccessKeyID: "AKIA", AWS: true}, nil) },
		"its own keys": func(as *structs.Assignment) {
			as.Definition.ContainerDefinitions[0].Environment = []structs.KeyValuePair{{Name: "AWS_ACCESS_KEY_ID", Value: "AKIA"}}
		},
		"its own keys as a secret": func(as *structs.Assignment) {
			as.Definition.ContainerDefinitions[0].Secrets = []structs.Secret{{Name: "AWS_ACCESS_KEY_ID", ValueFrom: "key"}}
		},
	} {
		a.servers.set(testKeys(), nil)
		other := assignment(strings.Repeat("a", 32))
		change(&other)
		if got := a.prepare(other); got[variableEndpoint] != "" || (got[variableKeys] == "") != (name == "no role") {
			t.Errorf("%s: %v", name, got)
		}
		if err := a.Release(t.Context(), other.Task.ID); err != nil {
			t.Error(err)
		}
	}
	fargate := assignment(strings.Repeat("b", 32))
	fargate.LaunchType = structs.LaunchFargate
	if got := a.prepare(fargate)[variableExecution]; got != "AWS_ECS_FARGATE" {
		t.Errorf("%s is %q", variableExecution, got)
	}
}

// TestAgentThatWasKilled: the agent's next process answers at the same addresses. Before it knows a
// task, and while no server is there, SDKs are told to try again; a task that runs is adopted
// without keys.
func TestAgentThatWasKilled(t *testing.T) {
	m, dir := newMachine(), t.TempDir()
	before := start(t, m, "i", dir)
	as := assignment(testTask)
	had := before.prepare(as)
	before.stop()

	after := start(t, m, "i", dir)
	after.servers.set(structs.RoleCredentials{}, errors.New("no server answers"))
	after.Attributes(t.Context())
	if status, text := after.ask("GET", had[variableKeys], ""); status != http.StatusServiceUnavailable {
		t.Errorf("before the task is known: %d %s", status, text)
	}
	as.Task.LastStatus = structs.TaskRunning
	began := time.Now()
	got := after.prepare(as)
	if took := time.Since(began); took > time.Second {
		t.Errorf("the task waited %s for keys, though its containers run", took)
	}
	for _, name := range []string{variableKeys, variableMetadataV3, variableMetadataV4, variableAgent} {
		if got[name] != had[name] || had[name] == "" {
			t.Errorf("%s was %q and is %q", name, had[name], got[name])
		}
	}
	if status, text := after.ask("GET", had[variableKeys], ""); status != http.StatusServiceUnavailable {
		t.Errorf("without servers: %d %s", status, text)
	}
	after.servers.set(testKeys(), nil)
	if status, text := after.ask("GET", had[variableKeys], ""); status != http.StatusOK {
		t.Errorf("with servers: %d %s", status, text)
	}
	if err := after.Sweep(t.Context(), func(string) bool { return false }); err != nil {
		t.Error(err)
	}
	if status, _ := after.ask("GET", had[variableKeys], ""); status == http.StatusOK {
		t.Error("a task that is gone still gets keys")
	}
}

// TestIDs: nobody gets an answer who was not given the id.
func TestIDs(t *testing.T) {
	a := start(t, newMachine(), "i", t.TempDir())
	env := a.prepare(assignment(testTask))
	keys, own := env[variableKeys], strings.TrimPrefix(env[variableMetadataV4], "http://169.254.170.2/v4/")
	for _, path := range []string{
		"/v2/credentials/" + testTask, "/v2/credentials/", "/v2/credentials/" + own, "/v2/credentials/x", keys[:len(keys)-1] + "x",
		strings.Replace(keys, "-0-", "-1-", 1), strings.Replace(keys, testTask, strings.Repeat("f", 32), 1), "/v4/" + strings.TrimPrefix(keys, "/v2/credentials/"),
	} {
		if status, text := a.ask("GET", path, ""); status != http.StatusBadRequest || strings.Contains(text, "secret") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

// TestTwoAgentsOnOneMachine: whichever agent gets a connection, the one that runs the task answers.
func TestTwoAgentsOnOneMachine(t *testing.T) {
	m := newMachine()
	first := start(t, m, "one", t.TempDir())
	env := first.prepare(assignment(testTask))
	second := start(t, m, "two", t.TempDir())
	second.prepare(assignment(strings.Repeat("2", 32))) // from now on it gets the connections to port 80
	second.servers.set(structs.RoleCredentials{}, errors.New("it is not asked"))
	for _, target := range []string{env[variableKeys], env[variableMetadataV4] + "/task"} {
		if status, text := second.ask("GET", target, ""); status != http.StatusOK {
			t.Errorf("%s: %d %s", target, status, text)
		}
	}
	first.stop()
	if status, text := second.ask("GET", env[variableKeys], ""); status != http.StatusServiceUnavailable {
		t.Errorf("of an agent that is gone: %d %s", status, text)
	}
}

// TestRolesThatAreRefused: a task does not start without the role that it asks for.
func TestRolesThatAreRefused(t *testing.T) {
	a := start(t, newMachine(), "i", t.TempDir())
	a.servers.set(structs.RoleCredentials{}, structs.ErrCannotAssume("app", "There is no such role; make it with: gantry role create app"))
	_, err := a.Prepare(t.Context(), assignment(testTask))
	isRefusal(t, err, "ECS was unable to assume the role 'app'")
	isRefusal(t, err, "gantry role create app")

	a.servers.set(structs.RoleCredentials{}, errors.New("no server answers"))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := a.Prepare(ctx, assignment(strings.Repeat("b", 32))); err == nil || strings.Contains(err.Error(), "ResourceInit") {
		t.Errorf("without servers: %v", err)
	}

	a = start(t, newMachine(), "j", t.TempDir())
	a.cfg.Open = func(context.Context) (Place, error) { return nil, errors.New("the agent is not root") }
	_, err = a.Prepare(t.Context(), assignment(testTask))
	isRefusal(t, err, "taskRoleArn: containers get no credentials here, since the agent is not root")
	without := assignment(testTask)
	without.Definition.TaskRoleArn = ""
	if env := a.prepare(without); env[variableMetadataV4] != "" || env[variableRegion] != "eu-west-1" {
		t.Errorf("a task without a role: %v", env)
	}
	if got := a.Attributes(t.Context()); len(got) != 0 {
		t.Errorf("attributes: %v", got)
	}
}

// TestForward: a call of an API reaches the servers with its host and signature as they were.
func TestForward(t *testing.T) {
	a := start(t, newMachine(), "i", t.TempDir())
	endpoint := a.prepare(assignment(testTask))[variableEndpoint]
	const body = `{"cluster":"default"}`
	a.servers.forward = func(r *http.Request) (*http.Response, error) {
		got, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s, err := sigv4.Parse(r, time.Now(), "ecs")
		if err == nil {
			err = s.Verify(r, got, "secret")
		}
		if err != nil || "http://"+r.Host != endpoint {
			t.Errorf("host %s: %v", r.Host, err)
		}
		w := http.Response{StatusCode: 418, Header: http.Header{"X-Amzn-Requestid": {"1"}}, Body: io.NopCloser(strings.NewReader("answer"))}
		return &w, nil
	}
	request, err := http.NewRequest(http.MethodPost, endpoint+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListTasks")
	sigv4.Sign(request, []byte(body), "ASIA", "secret", "eu-west-1", "ecs", time.Now())
	host := request.Host
	request.URL.Host = a.machine.at(portOf(a.sites[0].ids.agent))
	request.Host = host
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != 418 || string(text) != "answer" || response.Header.Get("X-Amzn-Requestid") != "1" {
		t.Errorf("%s %s %v", response.Status, text, response.Header)
	}
	a.servers.forward = func(*http.Request) (*http.Response, error) { return nil, errors.New("no server answers") }
	if status, text := a.ask("POST", "/", "{}"); status != http.StatusServiceUnavailable || !strings.Contains(text, `"__type":"ServiceUnavailableException"`) {
		t.Errorf("without servers: %d %s", status, text)
	}
}

// TestLoopback: where 169.254.170.2 cannot be had, containers in network mode host get their keys
// on loopback, at a URL that all SDKs take, if they show their token; other tasks are refused.
func TestLoopback(t *testing.T) {
	dir := t.TempDir()
	begin := func() *agent {
		a := start(t, newMachine(), "i"+t.Name(), dir)
		a.cfg.Open = func(context.Context) (Place, error) { return nil, errors.New("the agent is not root") }
		a.cfg.SharesLoopback = true
		if got := a.Attributes(t.Context()); len(got) != 1 || got[0].Name != structs.AttributeTaskRoleHost {
			t.Errorf("attributes: %v", got)
		}
		return a
	}
	a := begin()
	as := assignment(testTask)
	_, err := a.Prepare(t.Context(), as)
	isRefusal(t, err, "the agent is not root")
	as.Definition.NetworkMode = structs.NetworkHost
	env := a.prepare(as)
	if env[variableKeys] != "" || !strings.HasPrefix(env[variableKeysAt], "http://127.0.0.1:") || !strings.HasPrefix(env[variableKeysAt], env[variableEndpoint]) {
		t.Fatal(env)
	}
	a.stop()
	if again := begin().prepare(as); again[variableKeysAt] != env[variableKeysAt] || again[variableToken] != env[variableToken] {
		t.Errorf("an agent that was killed answers elsewhere: %v, not %v", again, env)
	}
	for token, want := range map[string]int{env[variableToken]: http.StatusOK, "": http.StatusBadRequest, "another": http.StatusBadRequest} {
		request, err := http.NewRequest(http.MethodGet, env[variableKeysAt], nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != want || strings.Contains(string(text), "secret") != (want == http.StatusOK) {
			t.Errorf("with token %q: %s %s", token, response.Status, text)
		}
	}
	response, err := http.Get(env[variableMetadataV4] + "/task")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("metadata: %s", response.Status)
	}
}
