package access

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
)

// Each write leaves a line, however it went. Reads leave none.
func TestAudit(t *testing.T) {
	s := newSecured(t)
	admin, reader := s.key(t, "admin"), s.key(t, "read-only")
	create(t, s.sdk(admin.ID, admin.Secret, ""), "prod")
	create(t, s.sdk(reader.ID, reader.Secret, ""), "prod")
	create(t, s.sdk(admin.ID, reader.Secret, ""), "prod")
	if _, err := s.sdk(admin.ID, admin.Secret, "").DeleteCluster(t.Context(), &sdk.DeleteClusterInput{Cluster: aws.String("none")}); err == nil {
		t.Error("deleted what is not there")
	}
	if _, err := s.sdk(admin.ID, admin.Secret, "").ListClusters(t.Context(), &sdk.ListClustersInput{}); err != nil {
		t.Error(err)
	}
	if _, err := s.sdk(admin.ID, admin.Secret, "").DiscoverPollEndpoint(t.Context(), &sdk.DiscoverPollEndpointInput{}); err != nil {
		t.Error(err)
	}
	tagged := &sdk.CreateClusterInput{ClusterName: aws.String("tagged"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}
	// it is authorized twice
	if _, err := s.sdk(admin.ID, admin.Secret, "").CreateCluster(t.Context(), tagged); err != nil {
		t.Error(err)
	}
	c := client.New(client.Config{Address: s.http.URL, Token: admin.ID + ":" + admin.Secret})
	defer c.Close()
	if err := c.RevokeAccessKey(t.Context(), reader.ID); err != nil {
		t.Error(err)
	}
	var got []string
	for line := range bytes.Lines(must[[]byte](t)(os.ReadFile(s.audit))) {
		var l struct {
			Who, Action, Result, From, Key string
			Resources                      []string
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if l.From != "127.0.0.1" || (l.Who == "unknown") != (l.Key == "") {
			t.Errorf("%s", line)
		}
		got = append(got, fmt.Sprint(l.Who, " ", l.Action, " ", l.Resources, " ", l.Result))
	}
	user := control.UserARN(&admin.AccessKey)
	want := []string{
		user + " ecs:CreateCluster [arn:aws:ecs:us-east-1:000000000000:cluster/prod] ok",
		user + " ecs:CreateCluster [arn:aws:ecs:us-east-1:000000000000:cluster/prod] AccessDeniedException",
		"unknown ecs:CreateCluster [] InvalidSignatureException",
		user + " ecs:DeleteCluster [arn:aws:ecs:us-east-1:000000000000:cluster/none] ClusterNotFoundException",
		user + " ecs:CreateCluster [arn:aws:ecs:us-east-1:000000000000:cluster/tagged] ok",
		user + " gantry:RevokeAccessKey [arn:aws:gantry:::key/" + reader.ID + "] ok",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the audit log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A full audit log is rotated. Four old ones are kept, and no line is lost.
func TestAuditRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	a := must[*Audit](t)(OpenAudit(path, slog.New(slog.DiscardHandler)))
	a.file.limit = 10
	for n := range 7 {
		fmt.Fprintf(a.file, "line %d\n", n)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "line 6\n", ".1": "line 5\n", ".2": "line 4\n", ".3": "line 3\n", ".4": "line 2\n"} {
		if got := must[[]byte](t)(os.ReadFile(path + name)); string(got) != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
	if _, err := os.Stat(path + ".5"); err == nil {
		t.Error("a fifth is kept")
	}
}
