package ssm

import (
	"encoding/json"
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
	router *protocol.Router
	caller *control.Caller // nil: nothing is checked
}

func newDoor(t *testing.T) *door {
	node := singlenode.New(t)
	return &door{t, &protocol.Router{Services: []protocol.Service{New(node.Control, node.Vault)}, Logger: slog.New(slog.DiscardHandler)}, nil}
}

// call returns the answer of an action; a refusal has a __type.
func (d *door) call(action, body string) map[string]any {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), "POST", "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "AmazonSSM."+action)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	if d.caller != nil {
		r = r.WithContext(control.WithCaller(r.Context(), d.caller))
	}
	w := httptest.NewRecorder()
	d.router.ServeHTTP(w, r)
	out := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		d.Fatalf("%s: %s: %v", action, w.Body, err)
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

func (d *door) put(name, kind, value string) {
	d.Helper()
	d.ok("PutParameter", `{"Name":"`+name+`","Type":"`+kind+`","Value":"`+value+`"}`)
}

// list returns "NAME=VALUE …" of the parameters in an answer.
func list(out map[string]any) string {
	var all []string
	rows, _ := out["Parameters"].([]any)
	for _, row := range rows {
		p := row.(map[string]any)
		value, _ := p["Value"].(string)
		all = append(all, strings.TrimSuffix(p["Name"].(string)+"="+value, "="))
	}
	return strings.Join(all, " ")
}

func TestParameter(t *testing.T) {
	d := newDoor(t)
	d.put("/prod/key", "SecureString", "one")
	d.refused("PutParameter", `{"Name":"/prod/key","Type":"SecureString","Value":"two"}`, "ParameterAlreadyExists", "overwrite option")
	if out := d.ok("PutParameter", `{"Name":"/prod/key","Value":"two","Overwrite":true}`); out["Version"] != 2.0 || out["Tier"] != "Standard" {
		t.Errorf("overwritten: %v", out)
	}
	get := func(body string) map[string]any { return d.ok("GetParameter", body)["Parameter"].(map[string]any) }
	if p := get(`{"Name":"/prod/key","WithDecryption":true}`); p["Value"] != "two" || p["Type"] != "SecureString" ||
		p["ARN"] != "arn:aws:ssm:us-east-1:000000000000:parameter/prod/key" {
		t.Errorf("parameter %v", p)
	}
	if p := get(`{"Name":"/prod/key"}`); p["Value"] == "two" || p["Value"] == "" {
		t.Errorf("without decryption: %v", p)
	}
	if p := get(`{"Name":"/prod/key:1","WithDecryption":true}`); p["Value"] != "one" || p["Selector"] != ":1" {
		t.Errorf("version 1: %v", p)
	}
	d.ok("LabelParameterVersion", `{"Name":"/prod/key","ParameterVersion":1,"Labels":["old"]}`)
	d.put("plain", "String", "text")
	out := d.ok("GetParameters", `{"Names":["/prod/key:old","plain","/none"],"WithDecryption":true}`)
	if got := list(out); got != "/prod/key=one plain=text" || out["InvalidParameters"].([]any)[0] != "/none" {
		t.Errorf("several: %s, %v", got, out["InvalidParameters"])
	}
	if got := list(d.ok("GetParameterHistory", `{"Name":"/prod/key","WithDecryption":true}`)); got != "/prod/key=one /prod/key=two" {
		t.Errorf("history %s", got)
	}
	d.ok("UnlabelParameterVersion", `{"Name":"/prod/key","ParameterVersion":1,"Labels":["old"]}`)
	d.refused("GetParameter", `{"Name":"/prod/key:old"}`, "ParameterVersionNotFound", "old")
	d.ok("AddTagsToResource", `{"ResourceType":"Parameter","ResourceId":"plain","Tags":[{"Key":"team","Value":"x"}]}`)
	if tags := d.ok("ListTagsForResource", `{"ResourceType":"Parameter","ResourceId":"plain"}`)["TagList"].([]any); len(tags) != 1 {
		t.Errorf("tags %v", tags)
	}
	if got := list(d.ok("DescribeParameters", `{"ParameterFilters":[{"Key":"tag:team","Values":["x"]}]}`)); got != "plain" {
		t.Errorf("by tag: %s", got)
	}
	d.refused("GetParameter", `{"Name":"/none"}`, "ParameterNotFound", "/none")
	d.refused("ListTagsForResource", `{"ResourceType":"Parameter","ResourceId":"/none"}`, "InvalidResourceId", "/none")
	d.refused("PutParameter", `{"Name":"a/b","Type":"String","Value":"x"}`, "ValidationException", "fully qualified")
	d.refused("PutParameter", `{"Name":"/aws/x","Type":"String","Value":"x"}`, "ValidationException", "reserved")
	d.refused("PutParameter", `{"Name":"/x","Type":"String","Value":"x","Policies":"[{\"Type\":\"Expiration\"}]"}`, "UnsupportedFeatureException", "Policies")
	d.refused("PutParameter", `{"Name":"/x","Type":"String","Value":"`+strings.Repeat("x", 5000)+`"}`, "ValidationException", "at most 4096")
	d.ok("PutParameter", `{"Name":"/x","Type":"String","Tier":"Intelligent-Tiering","Value":"`+strings.Repeat("x", 5000)+`"}`)
	d.ok("DeleteParameter", `{"Name":"/prod/key"}`)
	d.refused("DeleteParameter", `{"Name":"/prod/key"}`, "ParameterNotFound", "/prod/key")
	if out := d.ok("DeleteParameters", `{"Names":["plain","/none"]}`); len(out["DeletedParameters"].([]any)) != 1 || len(out["InvalidParameters"].([]any)) != 1 {
		t.Errorf("deleted %v", out)
	}
}

func TestPaths(t *testing.T) {
	d := newDoor(t)
	for _, name := range []string{"/a/one", "/a/two", "/a/deep/three", "/ab/no", "top"} {
		d.put(name, "String", "v")
	}
	for body, want := range map[string]string{
		`{"Path":"/a"}`:                   "/a/one=v /a/two=v",
		`{"Path":"/a/","Recursive":true}`: "/a/deep/three=v /a/one=v /a/two=v",
		`{"Path":"/","Recursive":false}`:  "top=v",
		`{"Path":"/a","ParameterFilters":[{"Key":"Type","Values":["SecureString"]}]}`: "",
	} {
		if got := list(d.ok("GetParametersByPath", body)); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	first := d.ok("GetParametersByPath", `{"Path":"/a","Recursive":true,"MaxResults":2}`)
	second := d.ok("GetParametersByPath", `{"Path":"/a","Recursive":true,"MaxResults":2,"NextToken":"`+first["NextToken"].(string)+`"}`)
	if got := list(first) + " " + list(second); got != "/a/deep/three=v /a/one=v /a/two=v" {
		t.Errorf("pages %s", got)
	}
	for body, want := range map[string]string{
		`{"ParameterFilters":[{"Key":"Path","Option":"Recursive","Values":["/a"]}]}`:  "/a/deep/three /a/one /a/two",
		`{"ParameterFilters":[{"Key":"Name","Option":"Contains","Values":["/t"]}]}`:   "/a/deep/three /a/two",
		`{"ParameterFilters":[{"Key":"Name","Option":"BeginsWith","Values":["to"]}]}`: "top",
		`{"ParameterFilters":[{"Key":"Name","Values":["/a/one"]}]}`:                   "/a/one",
		`{"Filters":[{"Key":"Type","Values":["String"]}],"MaxResults":1}`:             "/a/deep/three",
	} {
		if got := list(d.ok("DescribeParameters", body)); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	d.refused("DescribeParameters", `{"ParameterFilters":[{"Key":"Tier","Option":"Contains","Values":["x"]}]}`, "InvalidFilterOption", "Contains")
	d.refused("GetParametersByPath", `{"Path":"/a","ParameterFilters":[{"Key":"Name","Values":["x"]}]}`, "InvalidFilterKey", "Name")
}

// A policy decides by the parameter's ARN, however it is called in the request.
func TestPolicies(t *testing.T) {
	d := newDoor(t)
	d.put("/prod/key", "SecureString", "one")
	d.put("/dev/key", "SecureString", "one")
	policy, err := structs.ParsePolicy(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"ssm:*","Resource":"*"},
		{"Effect":"Deny","Action":["ssm:GetParameter","ssm:GetParameters"],"Resource":"arn:aws:ssm:*:*:parameter/prod/*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	d.caller = &control.Caller{ARN: "me", Policy: &policy}
	d.ok("GetParameter", `{"Name":"/dev/key"}`)
	for _, name := range []string{"/prod/key", "/prod/key:1", "arn:aws:ssm:eu-west-1:1:parameter/prod/key", "arn:aws:ssm:eu-west-1:1:parameter/prod/key:1"} {
		d.refused("GetParameter", `{"Name":"`+name+`"}`, "AccessDeniedException", "explicit deny")
	}
	d.refused("GetParameters", `{"Names":["/dev/key","/prod/key"]}`, "AccessDeniedException", "explicit deny")
}
