package images

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

const parameter = "arn:aws:secretsmanager:us-east-1:123456789012:secret:registry"

// credentialsFile has every form of a login. Its helpers are two programs: one that knows a login
// and a token, and one that fails and prints a secret.
func credentialsFile(t *testing.T) File {
	t.Helper()
	dir := t.TempDir()
	good := `#!/bin/sh
read host
case $host in
*.dkr.ecr.*) echo '{"ServerURL":"'$host'","Username":"AWS","Secret":"secret-ecr"}' ;;
token.test) echo '{"ServerURL":"'$host'","Username":"<token>","Secret":"secret-token"}' ;;
*) echo credentials not found in native keychain; exit 1 ;;
esac
`
	for name, text := range map[string]string{"docker-credential-good": good, "docker-credential-bad": "#!/bin/sh\necho secret-leak\nexit 1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	f := File{Path: filepath.Join(dir, "config.json")}
	write(t, f, fmt.Sprintf(`{
	"auths": {
		"registry.test:5000": {"auth": %q},
		"https://index.docker.io/v1/": {"username": "hub", "password": "secret-hub"},
		"identity.test": {"identitytoken": "secret-identity"}
	},
	"credHelpers": {"123456789012.dkr.ecr.eu-west-1.amazonaws.com": "good", "broken.test": "bad", "missing.test": "nosuch"},
	"credsStore": "good",
	"HttpHeaders": {"User-Agent": "docker"},
	"credentialsParameters": {%q: {"username": "p", "password": "secret-parameter"}, "short": {"auth": %q}}
}`, base64.StdEncoding.EncodeToString([]byte("me:secret:word")), parameter, base64.StdEncoding.EncodeToString([]byte("s:secret-short"))))
	return f
}

func write(t *testing.T, f File, text string) {
	t.Helper()
	if err := os.WriteFile(f.Path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLogins(t *testing.T) {
	f := credentialsFile(t)
	for _, test := range []struct {
		image, parameter string
		want             runtime.Login
		says             string // of the error
	}{
		{"registry.test:5000/team/app:1", "", runtime.Login{Username: "me", Password: "secret:word"}, ""},
		{"app:1", "", runtime.Login{Username: "hub", Password: "secret-hub"}, ""},
		{"identity.test/app", "", runtime.Login{Token: "secret-identity"}, ""},
		{"token.test/app", "", runtime.Login{Token: "secret-token"}, ""},
		{"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1", "", runtime.Login{Username: "AWS", Password: "secret-ecr"}, ""},
		{"unknown.test/app", "", runtime.Login{}, ""},
		{"registry.test:5000/app", parameter, runtime.Login{Username: "p", Password: "secret-parameter"}, ""},
		{"registry.test:5000/app", "short", runtime.Login{Username: "s", Password: "secret-short"}, ""},
		{"registry.test:5000/app", "other", runtime.Login{}, errNoEntry.Error()},
		{"broken.test/app", "", runtime.Login{}, "docker-credential-bad failed for broken.test"},
		{"missing.test/app", "", runtime.Login{}, "no such program in the agent's PATH"},
	} {
		got, err := f.Login(t.Context(), registryOf(test.image), test.parameter)
		if got != test.want || (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s by %q: got a login of %q that is right: %v; error %v", test.image, test.parameter, got.Username, got == test.want, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret-") {
			t.Errorf("a secret is in the error %v", err)
		}
	}
}

// The file is read each time. What is wrong with it is said without what is in it.
func TestCredentialsFileChanges(t *testing.T) {
	f := credentialsFile(t)
	write(t, f, `{"auths": {"registry.test": {"username": "new", "password": "secret-new"}}}`)
	if got, err := f.Login(t.Context(), "registry.test", ""); got.Username != "new" || err != nil {
		t.Errorf("got %q, error %v", got.Username, err)
	}
	for _, text := range []string{
		`{"auths": {"registry.test": {"auth": "secret-is-no-base64"}}}`, `{"auths": "secret-string"}`, `{"auths": {"a": {"password": secret-word}}}`,
		`{"credentialsParameters": {"p": {"auth": "c2VjcmV0LQ=="}}}`,
	} {
		write(t, f, text)
		_, err := f.Login(t.Context(), "registry.test", "")
		if err == nil || !strings.Contains(err.Error(), f.Path) || strings.Contains(err.Error(), "secret-") || f.Check() == nil {
			t.Errorf("%s: got %v", text, err)
		}
	}
	if err := (File{Path: "/nonexistent"}).Check(); err == nil || !strings.Contains(err.Error(), "/nonexistent") {
		t.Errorf("no file: got %v", err)
	}
}

// A login that gets into a log or an error shows nothing.
func TestLoginsDoNotPrint(t *testing.T) {
	login := runtime.Login{Username: "secret-user", Password: "secret-word", Token: "secret-token"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "login", login)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "login", login)
	for _, text := range []string{log.String(), fmt.Sprintf("%v %+v %#v %s", login, login, login, login), fmt.Sprintf("%+v", pull{Login: login})} {
		if strings.Contains(text, "secret-") {
			t.Errorf("printed %s", text)
		}
	}
}

// The login of a definition's parameter goes to the registry, and nobody shares a pull that was
// made with another's.
func TestCredentialsOfADefinition(t *testing.T) {
	e := newEngine()
	e.registry[app] = digest("a")
	i := start(t, Config{Credentials: credentialsFile(t)}, e, nil)
	mustPull(t, i, Want{Image: app, Credentials: parameter})
	if len(e.logins) != 1 || e.logins[0].Username != "p" {
		t.Errorf("%d logins", len(e.logins))
	}
	a, b := pull{exact: app, Want: Want{Credentials: "x"}}, pull{exact: app}
	if a.key() == b.key() {
		t.Error("two logins share a pull")
	}
}

// Credentials that are not in the agent's file are asked of the servers, for the task that names
// them. What they refuse is the task's error.
func TestCredentialsOfTheCluster(t *testing.T) {
	e := newEngine()
	e.registry[app] = digest("a")
	i := start(t, Config{Credentials: credentialsFile(t)}, e, nil)
	var asked structs.TaskSecretsRequest
	answer := structs.TaskSecrets{Username: "stored", Password: "secret-stored"}
	i.parts.Secrets = func(_ context.Context, in structs.TaskSecretsRequest) (structs.TaskSecrets, error) {
		asked = in
		return answer, nil
	}
	want := Want{Image: app, Credentials: "elsewhere", Task: "t1"}
	mustPull(t, i, want)
	if len(e.logins) != 1 || e.logins[0] != (runtime.Login{Username: "stored", Password: "secret-stored"}) {
		t.Errorf("logins of %d", len(e.logins))
	}
	if asked != (structs.TaskSecretsRequest{Task: "t1", Credentials: "elsewhere"}) {
		t.Errorf("asked for %+v", asked)
	}
	answer = structs.TaskSecrets{Refused: "unable to pull secrets or registry auth: no such secret"}
	_, err := i.Pull(t.Context(), want)
	if refusal, ok := errors.AsType[*runtime.Error](err); !ok || refusal.Name != cannotPull || !strings.Contains(err.Error(), "registry auth: no such secret") {
		t.Errorf("refused: %v", err)
	}
}
