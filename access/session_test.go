package access

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// ofRole is a role that may list clusters, and a task that has it.
type ofRole struct {
	*secured
	instance, task string
}

const listsClusters = `{"Statement":{"Effect":"Allow","Action":["ecs:ListClusters","gantry:ListRoles"],"Resource":"*"}}`

func newOfRole(t *testing.T) *ofRole {
	s := &ofRole{secured: newSecured(t)}
	ctx := t.Context()
	s.makeRole(t, listsClusters)
	must[*structs.TaskDefinition](t)(s.Control.RegisterTaskDefinition(ctx, structs.TaskDefinition{
		Family: "web", ExecutionRoleArn: "arn:aws:iam::123456789012:role/app",
		ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app", Memory: new(int32(16))}},
	}, nil))
	s.instance = s.AddInstance(t, "default", 4096, 4096).ID
	placed := must[control.Placed](t)(s.Control.RunTask(ctx, control.RunTaskInput{Job: structs.Job{Cluster: "default", TaskDefinition: "web", Count: 1}}))
	s.task = placed.Tasks[0].ID
	s.Run(t, s.task)
	return s
}

func (s *ofRole) makeRole(t *testing.T, policy string) {
	must[*structs.Role](t)(s.Control.PutRole(t.Context(), "app", structs.RoleSpec{Policies: []structs.RolePolicy{{Name: "p", Document: policy}}}))
}

// keys returns the keys of the task's role, as its agent gets them.
func (s *ofRole) keys(t *testing.T) structs.RoleCredentials {
	t.Helper()
	ctx := control.WithCaller(t.Context(), &control.Caller{ARN: "agent", Instance: s.instance, Policy: &structs.Policy{}})
	return must[structs.RoleCredentials](t)(s.Control.RoleCredentials(ctx, s.instance, structs.RoleCredentialsRequest{Task: s.task, Kind: structs.RoleOfExecution}))
}

// list returns the code of the refusal to list clusters; empty if it is allowed.
func (s *ofRole) list(t *testing.T, id, secret, token string) string {
	t.Helper()
	_, err := s.sdk(id, secret, token).ListClusters(t.Context(), &sdk.ListClustersInput{})
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// The keys of a role may do what its policies say at the time of each call, and only with their own
// token.
func TestKeysOfARole(t *testing.T) {
	s := newOfRole(t)
	k, other := s.keys(t), s.keys(t)
	admin := s.key(t, "admin")
	foreign := must[*security.Sessions](t)(security.NewSecret().Sessions())
	id, secret, token, err := foreign.Issue([]byte(`{"r":"app","i":"` + s.Store.Snapshot().Role("app").ID + `","n":"x","x":9999999999999}`))
	if err != nil {
		t.Fatal(err)
	}
	flipped := []byte(k.Token)
	flipped[len(flipped)/2] ^= 1
	for _, test := range []struct{ name, id, secret, token, code string }{
		{"the keys", k.AccessKeyID, k.SecretAccessKey, k.Token, ""},
		{"another secret", k.AccessKeyID, other.SecretAccessKey, k.Token, "InvalidSignatureException"},
		{"another token", k.AccessKeyID, k.SecretAccessKey, other.Token, "UnrecognizedClientException"},
		{"another id", other.AccessKeyID, k.SecretAccessKey, k.Token, "UnrecognizedClientException"},
		{"no token", k.AccessKeyID, k.SecretAccessKey, "", "UnrecognizedClientException"},
		{"a changed token", k.AccessKeyID, k.SecretAccessKey, string(flipped), "UnrecognizedClientException"},
		{"a key with a token", admin.ID, admin.Secret, k.Token, "UnrecognizedClientException"},
		{"of another cluster", id, secret, token, "UnrecognizedClientException"},
	} {
		if code := s.list(t, test.id, test.secret, test.token); code != test.code {
			t.Errorf("%s: %q, want %q", test.name, code, test.code)
		}
	}
	if code := create(t, s.sdk(k.AccessKeyID, k.SecretAccessKey, k.Token), "c"); code != "AccessDeniedException" {
		t.Errorf("what the role may not do: %q", code)
	}
	log := must[[]byte](t)(os.ReadFile(s.audit))
	if !bytes.Contains(log, []byte(`"who":"arn:aws:sts::000000000000:assumed-role/app/`+s.task+`","action":"ecs:CreateCluster"`)) {
		t.Errorf("the audit log does not name the session:\n%s", log)
	}
	if bytes.Contains(log, []byte(k.Token)) || bytes.Contains(log, []byte(k.SecretAccessKey)) {
		t.Errorf("the audit log has keys:\n%s", log)
	}
	s.makeRole(t, `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	if code := s.list(t, k.AccessKeyID, k.SecretAccessKey, k.Token); code != "AccessDeniedException" {
		t.Errorf("after the policy was changed: %q", code)
	}
}

// The keys end with the role, the task and their time.
func TestKeysOfARoleEnd(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(*ofRole)
		code string
	}{
		"nothing":    {func(*ofRole) {}, ""},
		"no role":    {func(s *ofRole) { _ = s.Control.DeleteRole(t.Context(), "app", true) }, "UnrecognizedClientException"},
		"a new role": {func(s *ofRole) { _ = s.Control.DeleteRole(t.Context(), "app", true); s.makeRole(t, listsClusters) }, "UnrecognizedClientException"},
		"no task":    {func(s *ofRole) { s.Fail(t, s.task) }, "UnrecognizedClientException"},
		"no time":    {func(s *ofRole) { s.now = time.Now().Add(6*time.Hour + time.Minute) }, "ExpiredTokenException"},
		"some time":  {func(s *ofRole) { s.now = time.Now().Add(6*time.Hour - time.Minute) }, ""},
	} {
		s := newOfRole(t)
		k := s.keys(t)
		test.end(s)
		c := client.New(client.Config{Address: s.http.URL, Now: func() time.Time {
			if s.now.IsZero() {
				return time.Now()
			}
			return s.now
		}, Key: client.Key{ID: k.AccessKeyID, Secret: k.SecretAccessKey, Token: k.Token}})
		_, err := c.Roles(t.Context())
		c.Close()
		if got := structs.KindOf(err); (err != nil || test.code != "") && string(got)+"Exception" != test.code {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
	}
}

// A token in place of a signature, as large bodies have it.
func TestBearerOfARole(t *testing.T) {
	s := newOfRole(t)
	k := s.keys(t)
	for authorization, want := range map[string]string{
		k.AccessKeyID + ":" + k.SecretAccessKey:              "",
		k.AccessKeyID + ":" + strings.ToLower(k.AccessKeyID): "UnrecognizedClientException",
	} {
		r := must[*http.Request](t)(http.NewRequest(http.MethodGet, s.http.URL+"/v1/roles", nil))
		r.Header.Set("Authorization", "Bearer "+authorization)
		r.Header.Set(headerToken, k.Token)
		if code := ask(t, r); code != want {
			t.Errorf("%s: %q, want %q", authorization, code, want)
		}
	}
}
