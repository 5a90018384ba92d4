package awskeys

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// servers answers for roles that are Gantry's.
type servers struct{}

func (servers) RoleCredentials(context.Context, string, structs.RoleCredentialsRequest) (structs.RoleCredentials, error) {
	return structs.RoleCredentials{AccessKeyID: "of the servers"}, nil
}

// write writes a file that only its owner can change, and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const role = "arn:aws:iam::123456789012:role/teams/app"

func ask(t *testing.T, file, role string) (structs.RoleCredentials, error) {
	t.Helper()
	k := &Keys{Servers: servers{}, File: file}
	return k.RoleCredentials(t.Context(), "i1", structs.RoleCredentialsRequest{Task: "t1", Kind: structs.RoleOfTask, Role: role})
}

const printed = `{"Version":1,"AccessKeyId":"ASIAREAL","SecretAccessKey":"sesame","SessionToken":"token"`

func TestKeysOfRoles(t *testing.T) {
	keys := write(t, "keys.json", printed+`,"Expiration":"2100-01-01T02:00:00+02:00"}`)
	command := fmt.Sprintf(`{"command":["sh","-c",%q]}`, `test "$GANTRY_ROLE_ARN" = `+role+` && echo '`+printed+`}'`)
	for name, test := range map[string]struct {
		roles, ask, id, expires string
		aws                     bool
	}{
		"by ARN":             {`"` + role + `": {"file":"` + keys + `"}`, role, "ASIAREAL", "2100-01-01T00:00:00Z", true},
		"by name":            {`"app": ` + command, role, "ASIAREAL", "", true},
		"all roles":          {`"*": ` + command, role, "ASIAREAL", "", true},
		"another role":       {`"other": ` + command, role, "of the servers", "", false},
		"a role of no name":  {`"*": ` + command, "", "of the servers", "", false},
		"its own line first": {`"*": {"command":["false"]}, "app": ` + command, role, "ASIAREAL", "", true},
	} {
		got, err := ask(t, write(t, "roles.json", `{"roles":{`+test.roles+`}}`), test.ask)
		if err != nil || got.AccessKeyID != test.id || got.AWS != test.aws {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if test.aws && (got.SecretAccessKey != "sesame" || got.Token != "token" || got.RoleARN != role) {
			t.Errorf("%s: %+v", name, got)
		}
		if test.expires != "" && got.Expiration != test.expires {
			t.Errorf("%s: expires at %s", name, got.Expiration)
		}
		// the SDK of JavaScript takes only times with Z, and all need one
		if at, err := time.Parse(time.RFC3339, got.Expiration); test.aws && (err != nil || !strings.HasSuffix(got.Expiration, "Z") || time.Until(at) < 50*time.Minute) {
			t.Errorf("%s: expires at %q", name, got.Expiration)
		}
	}
	if got, err := ask(t, "", role); err != nil || got.AccessKeyID != "of the servers" {
		t.Errorf("without a file: %+v, %v", got, err)
	}
}

// A failure names the role and what failed, is tried again, and shows nothing that may be a key.
func TestKeysThatCannotBeHad(t *testing.T) {
	readable := write(t, "readable.json", printed+"}")
	if err := os.Chmod(readable, 0o644); err != nil {
		t.Fatal(err)
	}
	sh := func(script string) string { return fmt.Sprintf(`{"command":["sh","-c",%q]}`, script) }
	for name, test := range map[string]struct{ source, want string }{
		"the command fails":      {sh("echo sesame; echo no session >&2; exit 3"), "the command sh failed: exit status 3: no session"},
		"no such command":        {`{"command":["/nowhere/keys"]}`, "the command /nowhere/keys failed"},
		"not JSON":               {sh("echo sesame"), "the output of sh: it is not JSON"},
		"another version":        {sh(`echo '{"Version":2,"SecretAccessKey":"sesame"}'`), "Version is 2 and must be 1"},
		"no keys":                {sh(`echo '{"Version":1,"SecretAccessKey":"sesame"}'`), "AccessKeyId or SecretAccessKey is missing"},
		"expired":                {sh(`echo '` + printed + `,"Expiration":"2020-01-01T00:00:00Z"}'`), "expired at 2020-01-01T00:00:00Z"},
		"no time":                {sh(`echo '` + printed + `,"Expiration":"tomorrow"}'`), `Expiration "tomorrow" is not a time`},
		"no such file":           {`{"file":"/nowhere/keys.json"}`, "/nowhere/keys.json"},
		"a file that others see": {`{"file":"` + readable + `"}`, "chmod 600"},
	} {
		_, err := ask(t, write(t, "roles.json", `{"roles":{"app":`+test.source+`}}`), role)
		switch {
		case structs.KindOf(err) != structs.KindUnavailable || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), role):
			t.Errorf("%s: %v, want %q", name, err, test.want)
		case strings.Contains(err.Error(), "sesame"):
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
}

func TestFileIsChecked(t *testing.T) {
	shared := write(t, "shared.json", `{"roles":{"app":{"command":["true"]}}}`)
	if err := os.Chmod(shared, 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		write(t, "a.json", `{"roles":{"app":{"command":["true"]}}}`): "",
		"":                                    "",
		shared:                                "can be changed by users other than its owner",
		filepath.Join(t.TempDir(), "nowhere"): "no such file",
		write(t, "b.json", `{}`):              "names no role",
		write(t, "c.json", `{"role":{}}`):     `unknown field "role"`,
		write(t, "d.json", `{"roles":{"app":{}}}`):                               `app: it takes either "command", a list, or "file"`,
		write(t, "e.json", `{"roles":{"app":{"command":["true"],"file":"/a"}}}`): `app: it takes either`,
		write(t, "f.json", `{"roles":{"app":{"file":"keys.json"}}}`):             "not an absolute path",
	} {
		err := (&Keys{File: path}).Check()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// A command that hangs ends with all that it started.
func TestCommandThatHangs(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := run(ctx, []string{"sh", "-c", "sleep 60 & echo $! > " + pid + "; wait"}, role)
	if err == nil || !strings.Contains(err.Error(), "it took longer than") {
		t.Errorf("%v", err)
	}
	child, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(child)) + "/stat")
	if err == nil && !strings.Contains(string(stat), ") Z ") { // nobody may have reaped it yet
		t.Errorf("what the command started still runs: %s", stat)
	}
}
