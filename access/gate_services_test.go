package access

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

// form sends a call of a Query API, signed for a service; not signed without one. It returns the
// status and the body of the answer.
func (s *secured) form(t *testing.T, key structs.NewAccessKey, service, body string) (int, string) {
	t.Helper()
	r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPost, s.http.URL, strings.NewReader(body)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if service != "" {
		sigv4.Sign(r, []byte(body), key.ID, key.Secret, "us-east-1", service, time.Now())
	}
	w := must[*http.Response](t)(http.DefaultClient.Do(r))
	defer w.Body.Close()
	return w.StatusCode, string(must[[]byte](t)(io.ReadAll(w.Body)))
}

// TestQueryCallersAreAnsweredInTheirProtocol: what the gate refuses, and what policies refuse, is
// XML that the caller's SDK reads.
func TestQueryCallersAreAnsweredInTheirProtocol(t *testing.T) {
	const (
		whoAmI    = "Action=GetCallerIdentity&Version=2011-06-15"
		instances = "Action=DescribeInstances&Version=2016-11-15"
		balancers = "Action=DescribeLoadBalancers&Version=2015-12-01"
		newGroup  = "Action=CreateTargetGroup&Version=2015-12-01&Protocol=HTTP&Port=80&TargetType=ip&Name="
		groups    = "Action=DescribeAutoScalingGroups&Version=2011-01-01"
	)
	s := newSecured(t)
	s.AddInstance(t, "default", 1024, 1024)
	reader := s.key(t, "read-only")
	tasks := s.key(t, `{"Statement":{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}}`)
	blue := s.key(t, `{"Statement":{"Effect":"Allow","Action":"elasticloadbalancing:CreateTargetGroup","Resource":"arn:aws:elasticloadbalancing:*:*:targetgroup/blue-*/*"}}`)
	forged := structs.NewAccessKey{AccessKey: reader.AccessKey, Secret: tasks.Secret}
	for _, test := range []struct {
		name          string
		key           structs.NewAccessKey
		service, body string
		status        int
		want          string // in the answer
	}{
		{"who am I", tasks, "sts", whoAmI, 200, "<Arn>arn:aws:iam::000000000000:user/ci</Arn>"},
		{"whose key", tasks, "sts", whoAmI, 200, "<UserId>" + tasks.ID + "</UserId>"},
		{"may look", reader, "ec2", instances, 200, "<instanceId>i-"},
		{"may not look", tasks, "ec2", instances, 403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code>"},
		{"wrong secret", forged, "sts", whoAmI, 403, "<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code>"},
		{"wrong secret, EC2", forged, "ec2", instances, 403, "<Response><Errors><Error><Code>SignatureDoesNotMatch</Code>"},
		{"not signed", reader, "", whoAmI, 403, "<Code>MissingAuthenticationToken</Code>"},
		{"signed for another service", reader, "sts", instances, 400, "<Code>InvalidAction</Code>"},
		{"may look at load balancers", reader, "elasticloadbalancing", balancers, 200, "<LoadBalancers></LoadBalancers>"},
		{"may not look at load balancers", tasks, "elasticloadbalancing", balancers, 403, "<Code>AccessDenied</Code>"},
		{"may make one group", blue, "elasticloadbalancing", newGroup + "blue-1", 200, "<TargetGroupName>blue-1</TargetGroupName>"},
		{"may not make another", blue, "elasticloadbalancing", newGroup + "green", 403, "on resource: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/green/*"},
		{"a service that is not here", reader, "autoscaling", groups, 400, "<Code>InvalidAction</Code><Message>there is no operation"},
	} {
		if status, body := s.form(t, test.key, test.service, test.body); status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s: %d %s, want %d and %s", test.name, status, body, test.status, test.want)
		}
	}
}

// A signature for one service is not good for another, where a header names that.
func TestSignatureForAnotherService(t *testing.T) {
	s := newSecured(t)
	admin := s.key(t, "admin")
	r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPost, s.http.URL, strings.NewReader("{}")))
	r.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters")
	sigv4.Sign(r, []byte("{}"), admin.ID, admin.Secret, "us-east-1", "sts", time.Now())
	if code := ask(t, r); code != "InvalidSignatureException" {
		t.Errorf("got %q", code)
	}
}

// Calls of Query APIs that read are not in the audit log, even if they are refused. One that might
// write is there with its action and the code of its refusal.
func TestQueryCallsInTheAuditLog(t *testing.T) {
	s := newSecured(t)
	key, other := s.key(t, "read-only"), s.key(t, `{"Statement":{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}}`)
	forged := structs.NewAccessKey{AccessKey: key.AccessKey, Secret: other.Secret}
	for _, read := range []struct {
		key           structs.NewAccessKey
		service, body string
	}{
		{key, "sts", "Action=GetCallerIdentity&Version=2011-06-15"},
		{key, "ec2", "Action=DescribeInstances&Version=2016-11-15"},
		{other, "ec2", "Action=DescribeInstances&Version=2016-11-15"},
		{forged, "ec2", "Action=DescribeInstances&Version=2016-11-15"},
		{key, "", "Action=DescribeInstances&Version=2016-11-15"},
	} {
		s.form(t, read.key, read.service, read.body)
	}
	if log := must[[]byte](t)(os.ReadFile(s.audit)); len(log) != 0 {
		t.Errorf("after reads the audit log has %s", log)
	}
	const write = "Action=RunInstances&Version=2016-11-15"
	s.form(t, key, "ec2", write)
	s.form(t, forged, "ec2", write)
	s.form(t, key, "", write)
	s.form(t, key, "", "Version=2016-11-15")
	var got []string
	for line := range bytes.Lines(must[[]byte](t)(os.ReadFile(s.audit))) {
		var l struct{ Action, Result string }
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		got = append(got, l.Action+" "+l.Result)
	}
	want := []string{
		"ec2:RunInstances InvalidAction", "ec2:RunInstances SignatureDoesNotMatch",
		"aws:RunInstances MissingAuthenticationToken", "POST:/ MissingAuthenticationToken",
	}
	if !slices.Equal(got, want) {
		t.Errorf("after writes the audit log has %q, want %q", got, want)
	}
}

// The result in the audit log is the code of the refusal, whatever its message quotes.
func TestResultIsNotTakenFromTheMessage(t *testing.T) {
	for body, want := range map[string]string{
		`{"__type":"AccessDeniedException","message":"on cluster/<Code>ok</Code>"}`:                           "AccessDeniedException",
		`<?xml version="1.0"?><Response><Error><Code>InvalidAction</Code><Message>"__type"</Message></Error>`: "InvalidAction",
	} {
		w := watcher{ResponseWriter: httptest.NewRecorder()}
		w.WriteHeader(http.StatusBadRequest)
		must[int](t)(w.Write([]byte(body)))
		if got := w.result(); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}
