package secretsmanager

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// door calls the API as a client does.
type door struct {
	*testing.T
	node   *singlenode.Node
	router *protocol.Router
	caller *control.Caller // nil: nothing is checked
}

func newDoor(t *testing.T) *door {
	node := singlenode.New(t)
	return &door{t, node, &protocol.Router{Services: []protocol.Service{New(node.Vault)}, Logger: slog.New(slog.DiscardHandler)}, nil}
}

// call returns the answer of an action; a refusal has a __type.
func (d *door) call(action, body string) map[string]any {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), "POST", "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "secretsmanager."+action)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	if d.caller != nil {
		r = r.WithContext(control.WithCaller(r.Context(), d.caller))
	}
	w := httptest.NewRecorder()
	d.router.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		d.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		d.Fatalf("%s: %s: %v", action, raw, err)
	}
	return out
}

// ok is call of an action that is carried out.
func (d *door) ok(action, body string) map[string]any {
	d.Helper()
	out := d.call(action, body)
	if out["__type"] != nil {
		d.Fatalf("%s %.200s: %v", action, body, out)
	}
	return out
}

func (d *door) refused(action, body, code, text string) {
	d.Helper()
	out := d.call(action, body)
	message, _ := out["message"].(string)
	if out["__type"] != code || !strings.Contains(message, text) {
		d.Errorf("%s %.200s: %v; want %s with %q", action, body, out, code, text)
	}
}

const token = "11111111-1111-4111-8111-111111111111"

// A secret's life, as clients see it.
func TestSecret(t *testing.T) {
	d := newDoor(t)
	made := d.ok("CreateSecret", `{"Name":"prod/db","SecretString":"one","Description":"Main database","Tags":[{"Key":"team","Value":"x"}],"ClientRequestToken":"`+token+`"}`)
	arn, _ := made["ARN"].(string)
	if !strings.HasPrefix(arn, "arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/db-") || len(arn) != len("arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/db-")+6 || made["VersionId"] != token {
		t.Errorf("created %v", made)
	}
	if got := d.ok("GetSecretValue", `{"SecretId":"`+arn+`"}`); got["SecretString"] != "one" || got["Name"] != "prod/db" || got["SecretBinary"] != nil {
		t.Errorf("value %v", got)
	}
	d.ok("PutSecretValue", `{"SecretId":"prod/db","SecretBinary":"AAEC"}`)
	if got := d.ok("GetSecretValue", `{"SecretId":"prod/db"}`); got["SecretBinary"] != "AAEC" || got["SecretString"] != nil {
		t.Errorf("binary value %v", got)
	}
	described := d.ok("DescribeSecret", `{"SecretId":"prod/db"}`)
	stages, _ := described["VersionIdsToStages"].(map[string]any)
	if described["Description"] != "Main database" || len(stages) != 2 || described["Tags"] == nil || described["SecretString"] != nil {
		t.Errorf("described %v", described)
	}
	d.ok("GetResourcePolicy", `{"SecretId":"prod/db"}`)
	d.ok("UntagResource", `{"SecretId":"prod/db","TagKeys":["team"]}`)
	d.ok("TagResource", `{"SecretId":"prod/db","Tags":[{"Key":"env","Value":"prod"}]}`)
	if got := d.ok("ListSecretVersionIds", `{"SecretId":"prod/db"}`); len(got["Versions"].([]any)) != 2 {
		t.Errorf("versions %v", got)
	}
	d.refused("CreateSecret", `{"Name":"prod/db"}`, "ResourceExistsException", "already exists")
	d.refused("CreateSecret", `{"Name":"a b"}`, "InvalidParameterException", "valid name")
	d.refused("CreateSecret", `{"Name":"x","AddReplicaRegions":[{"Region":"eu-west-1"}]}`, "InvalidParameterException", "AddReplicaRegions")
	d.refused("GetSecretValue", `{"SecretId":"none"}`, "ResourceNotFoundException", "can't find the specified secret")
	d.refused("GetSecretValue", `{"SecretId":"prod/db","VersionStage":"AWSPENDING"}`, "ResourceNotFoundException", "staging label: AWSPENDING")
	d.refused("PutSecretValue", `{"SecretId":"prod/db"}`, "InvalidParameterException", "either SecretString or SecretBinary")
	d.refused("RotateSecret", `{"SecretId":"prod/db"}`, "InvalidParameterException", "RotateSecret is not supported")
	d.refused("DeleteSecret", `{"SecretId":"prod/db","RecoveryWindowInDays":7,"ForceDeleteWithoutRecovery":true}`, "InvalidParameterException", "in conjunction")
	d.ok("DeleteSecret", `{"SecretId":"prod/db","RecoveryWindowInDays":7}`)
	d.refused("GetSecretValue", `{"SecretId":"prod/db"}`, "InvalidRequestException", "marked for deletion")
	d.ok("RestoreSecret", `{"SecretId":"prod/db"}`)
	d.ok("DeleteSecret", `{"SecretId":"prod/db","ForceDeleteWithoutRecovery":true}`)
	d.ok("DeleteSecret", `{"SecretId":"prod/db","ForceDeleteWithoutRecovery":true}`) // as in AWS
}

// names returns the names in a list of an answer.
func names(out map[string]any, list string) (all []string) {
	rows, _ := out[list].([]any)
	for _, row := range rows {
		all = append(all, row.(map[string]any)["Name"].(string))
	}
	return all
}

func TestListsAndBatches(t *testing.T) {
	d := newDoor(t)
	for _, s := range []string{`"Name":"a/one","Description":"Main key"`, `"Name":"a/two","Tags":[{"Key":"team","Value":"x"}]`, `"Name":"b"`} {
		d.ok("CreateSecret", `{`+s+`,"SecretString":"v"}`)
	}
	d.ok("DeleteSecret", `{"SecretId":"b"}`)
	for filter, want := range map[string]string{
		`{}`: "a/one a/two", `{"IncludePlannedDeletion":true,"SortBy":"name","SortOrder":"desc"}`: "b a/two a/one",
		`{"Filters":[{"Key":"name","Values":["a/t"]}]}`: "a/two", `{"Filters":[{"Key":"name","Values":["!a/t"]}]}`: "a/one",
		`{"Filters":[{"Key":"description","Values":["KEY"]}]}`: "a/one", `{"Filters":[{"Key":"tag-key","Values":["team"]},{"Key":"tag-value","Values":["x"]}]}`: "a/two",
		`{"Filters":[{"Key":"all","Values":["main"]}]}`: "a/one", `{"Filters":[{"Key":"owning-service","Values":["rds"]}]}`: "",
	} {
		if got := strings.Join(names(d.ok("ListSecrets", filter), "SecretList"), " "); got != want {
			t.Errorf("%s: %s, want %s", filter, got, want)
		}
	}
	first := d.ok("ListSecrets", `{"MaxResults":1}`)
	second := d.ok("ListSecrets", `{"MaxResults":1,"NextToken":"`+first["NextToken"].(string)+`"}`)
	if got := strings.Join(append(names(first, "SecretList"), names(second, "SecretList")...), " "); got != "a/one a/two" || second["NextToken"] != nil {
		t.Errorf("pages %s, then %v", got, second["NextToken"])
	}
	out := d.ok("BatchGetSecretValue", `{"SecretIdList":["a/one","none","b"]}`)
	if got := names(out, "SecretValues"); len(got) != 1 || len(out["Errors"].([]any)) != 2 {
		t.Errorf("batch %v", out)
	}
	d.refused("BatchGetSecretValue", `{}`, "InvalidParameterException", "SecretIdList")
	password := d.ok("GetRandomPassword", `{"PasswordLength":8,"ExcludePunctuation":true}`)["RandomPassword"].(string)
	if len(password) != 8 || !strings.ContainsAny(password, "0123456789") || strings.ContainsAny(password, "!@#") {
		t.Errorf("password %q", password)
	}
}

// A policy decides by the secret's ARN and tags, however the secret is called in the request.
func TestPolicies(t *testing.T) {
	d := newDoor(t)
	d.ok("CreateSecret", `{"Name":"prod/db","SecretString":"v","Tags":[{"Key":"team","Value":"x"}]}`)
	d.ok("CreateSecret", `{"Name":"dev/db","SecretString":"v"}`)
	policy, err := structs.ParsePolicy(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["secretsmanager:GetSecretValue","secretsmanager:BatchGetSecretValue"],"Resource":"*"},
		{"Effect":"Allow","Action":"secretsmanager:CreateSecret","Resource":"arn:aws:secretsmanager:*:*:secret:dev/*"},
		{"Effect":"Deny","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:*:*:secret:prod/*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	d.caller = &control.Caller{ARN: "me", Policy: &policy}
	d.ok("GetSecretValue", `{"SecretId":"dev/db"}`)
	const elsewhere = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db"
	for _, id := range []string{"prod/db", elsewhere, elsewhere + "-AbCdEf"} {
		d.refused("GetSecretValue", `{"SecretId":"`+id+`"}`, "AccessDeniedException", "explicit deny")
	}
	if out := d.ok("BatchGetSecretValue", `{"SecretIdList":["prod/db","dev/db"]}`); len(names(out, "SecretValues")) != 1 {
		t.Errorf("batch %v", out)
	}
	d.ok("CreateSecret", `{"Name":"dev/new"}`)
	d.refused("CreateSecret", `{"Name":"prod/new"}`, "AccessDeniedException", "secretsmanager:CreateSecret")
	d.refused("CreateSecret", `{"Name":"dev/tagged","Tags":[{"Key":"a","Value":"b"}]}`, "AccessDeniedException", "secretsmanager:TagResource")
}
