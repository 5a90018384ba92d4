package access

import (
	"net/http"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// A caller is let in if its key is known, the signature is right and the policy allows the call.
// All others get AWS's errors.
func TestSDK(t *testing.T) {
	s := newSecured(t)
	admin, reader, gone := s.key(t, "admin"), s.key(t, "read-only"), s.key(t, "admin")
	if err := s.Control.RevokeAccessKey(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, id, secret, session, code string }{
		{"an administrator", admin.ID, admin.Secret, "", ""},
		{"wrong secret", admin.ID, reader.Secret, "", "InvalidSignatureException"},
		{"not allowed", reader.ID, reader.Secret, "", "AccessDeniedException"},
		{"revoked", gone.ID, gone.Secret, "", "UnrecognizedClientException"},
		{"unknown", "AKIAIOSFODNN7EXAMPLE", admin.Secret, "", "UnrecognizedClientException"},
		{"an unknown session", admin.ID, admin.Secret, "token", "UnrecognizedClientException"},
	} {
		if code := create(t, s.sdk(test.id, test.secret, test.session), "c"); code != test.code {
			t.Errorf("%s: %q, want %q", test.name, code, test.code)
		}
	}
	if _, err := s.sdk(reader.ID, reader.Secret, "").ListClusters(t.Context(), &sdk.ListClustersInput{}); err != nil {
		t.Errorf("a reader reads: %v", err)
	}
	s.now = time.Now().Add(6 * time.Minute)
	if code := create(t, s.sdk(admin.ID, admin.Secret, ""), "late"); code != "InvalidSignatureException" {
		t.Errorf("an old signature: %q", code)
	}
	if s.Store.Snapshot().Cluster("late") != nil {
		t.Error("an old signature made a cluster")
	}
}

// Without valid credentials, a caller learns nothing but that the process is alive.
func TestNothingWithoutCredentials(t *testing.T) {
	s := newSecured(t)
	admin := s.key(t, "admin")
	for _, test := range []struct{ method, path, authorization, code string }{
		{"GET", "/v1/health", "", ""},
		{"POST", "/v1/health", "", "MissingAuthenticationTokenException"},
		{"GET", "/v1/ready", "", "MissingAuthenticationTokenException"},
		{"GET", "/", "", "MissingAuthenticationTokenException"},
		{"POST", "/", "", "MissingAuthenticationTokenException"},
		// the AWS APIs take signatures only
		{"POST", "/", "Bearer " + admin.ID + ":" + admin.Secret, "MissingAuthenticationTokenException"},
		{"POST", "/", "AWS4-HMAC-SHA256", "IncompleteSignatureException"},
		{"GET", "/v1/keys", "", "MissingAuthenticationTokenException"},
		{"GET", "/v1/keys", "Basic YTpi", "MissingAuthenticationTokenException"},
		{"GET", "/v1/keys", "Bearer " + admin.ID + ":" + admin.Secret[1:], "UnrecognizedClientException"},
		{"GET", "/v1/keys", "Bearer " + admin.ID, "UnrecognizedClientException"},
		{"GET", "/v1/keys", "Bearer :", "UnrecognizedClientException"},
		{"GET", "/v1/keys", "Bearer " + admin.ID + ":" + admin.Secret, ""},
		{"POST", "/v1/bootstrap", "", "MissingAuthenticationTokenException"},
		{"POST", "/v1/peer/stats", "Bearer " + admin.ID + ":" + admin.Secret, "AccessDeniedException"},
		{"POST", "/v1/agent/stream?instance=i1", "Bearer " + admin.ID + ":" + admin.Secret, "AccessDeniedException"},
		{"GET", "/v1//health", "", "MissingAuthenticationTokenException"},
		{"GET", "/v1/agent/certificate/../../keys", "", "MissingAuthenticationTokenException"},
	} {
		r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), test.method, s.http.URL+test.path, http.NoBody))
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		r.Header.Set(headerCaller, "server/forged")
		if code := ask(t, r); code != test.code {
			t.Errorf("%s %s with %q: %q, want %q", test.method, test.path, test.authorization, code, test.code)
		}
	}
}

// A server that may not know a key yet asks clients to try again.
func TestKeysOfAServerThatIsBehind(t *testing.T) {
	s := newSecured(t)
	key := s.key(t, `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`)
	for _, behind := range []bool{false, true} {
		s.behind = behind
		for id, want := range map[string]int{key.ID: http.StatusOK, "AKIANOSUCH": map[bool]int{false: http.StatusForbidden, true: http.StatusServiceUnavailable}[behind]} {
			r := must[*http.Request](t)(http.NewRequest(http.MethodGet, s.http.URL+"/v1/members", nil))
			r.Header.Set("Authorization", "Bearer "+id+":"+key.Secret)
			answer := must[*http.Response](t)(http.DefaultClient.Do(r))
			answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("behind: %v, key %s: the answer is %s", behind, id, answer.Status)
			}
		}
	}
}

// The command line's own client, with a token and with signatures.
func TestClient(t *testing.T) {
	s := newSecured(t)
	reader := s.key(t, `{"Statement":[{"Effect":"Allow","Action":"gantry:ListTasks","Resource":"arn:aws:gantry:::cluster/dev"}]}`)
	for name, config := range map[string]client.Config{
		"token": {Token: reader.ID + ":" + reader.Secret}, "signature": {Key: client.Key{ID: reader.ID, Secret: reader.Secret}},
	} {
		config.Address = s.http.URL
		c := client.New(config)
		defer c.Close()
		if _, err := c.Tasks(t.Context(), "dev", true); structs.KindOf(err) != structs.KindClusterNotFound {
			t.Errorf("%s: %v; what is allowed is not carried out", name, err)
		}
		if _, err := c.Tasks(t.Context(), "prod", true); structs.KindOf(err) != structs.KindAccessDenied {
			t.Errorf("%s: %v; what is not allowed is carried out", name, err)
		}
		if _, err := c.CreateAccessKey(t.Context(), structs.AccessKeyRequest{Policy: "admin"}); structs.KindOf(err) != structs.KindAccessDenied {
			t.Errorf("%s: %v; a key makes itself a better one", name, err)
		}
	}
}
