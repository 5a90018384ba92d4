package protocol

import (
	"context"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// listed is a shape with everything that Query's shapes have.
type listed struct {
	Names  []string     `query:"Names>member"`
	Flat   []string     `query:"Flat"`
	Rules  []rule       `query:"Rules>Rule"`
	Size   *int32       `query:"Size"`
	Big    *int64       `query:"Big"`
	Weight *float64     `query:"Weight"`
	On     *bool        `query:"On"`
	At     structs.Time `query:"At"`
	Inner  *rule        `query:"Inner"`
}

type rule struct {
	Priority string   `query:"priority"`
	Hosts    []string `query:"hosts>item"`
}

func (*listed) Check(*Checker) {}

// queryRouter returns a router with one service of a Query protocol, which echoes.
func queryRouter(p Protocol, name string) *Router {
	frame := Frame[struct{}]{Open: func(*Request) struct{} { return struct{}{} }}
	echo := func(_ struct{}, _ context.Context, in *listed) (*listed, error) {
		if len(in.Names) > 0 && in.Names[0] == "fail" {
			return nil, structs.Errorf(structs.KindInvalidParameter, "told <so>")
		}
		return in, nil
	}
	return &Router{
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Services: []Service{{
			API: API{
				Name: "A Service", SigningName: name, Protocol: p, Version: "2015-12-01", Namespace: "http://x/",
				Operations: map[string]bool{"Echo": true, "Later": true},
			},
			Codes:   map[structs.Kind]string{structs.KindInvalidParameter: "ValidationError", structs.KindUnsupportedFeature: "InvalidAction"},
			Actions: map[string]Action{"Echo": Handle(frame, echo)},
		}},
	}
}

func postForm(t *testing.T, h http.Handler, service, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if service != "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=ab")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var whole struct{}
	if err := xml.Unmarshal(w.Body.Bytes(), &whole); err != nil {
		t.Errorf("the answer is not XML: %v: %s", err, w.Body)
	}
	return w
}

func TestQuery(t *testing.T) {
	const call = "Action=Echo&Version=2015-12-01&"
	for _, test := range []struct{ name, form, want string }{
		{"list", "Names.member.1=a&Names.member.2=%3Cb%3E", "<Names><member>a</member><member>&lt;b&gt;</member></Names>"},
		{"flat list", "Flat.1=a&Flat.2=b", "<Flat>a</Flat><Flat>b</Flat>"},
		{"list of structures", "Rules.Rule.1.priority=5&Rules.Rule.1.hosts.item.1=x", "<Rules><Rule><priority>5</priority><hosts><item>x</item></hosts></Rule></Rules>"},
		{"an empty list is there", "Names=", "<Names></Names>"},
		{"what is absent is not", "Size=3", "<Size>3</Size></EchoResult>"},
		{"scalars", "Big=-9000000000&Weight=0.5&On=false&At=2026-11-21T12:00:00Z", "<Big>-9000000000</Big><Weight>0.5</Weight><On>false</On><At>2026-11-21T12:00:00.000Z</At>"},
		{"structure", "Inner.priority=1", "<Inner><priority>1</priority></Inner>"},
		{"unknown members are ignored", "Other.member.1=x&On=true", "<EchoResult><On>true</On></EchoResult>"},
		{"a gap ends a list", "Flat.1=a&Flat.3=c", "<EchoResult><Flat>a</Flat></EchoResult>"},
	} {
		w := postForm(t, queryRouter(Query{}, "svc"), "svc", call+test.form)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s: %d %s, want %s", test.name, w.Code, w.Body, test.want)
		}
	}
	w := postForm(t, queryRouter(Query{}, "svc"), "", call) // not signed: by its version and action
	want := `<EchoResponse xmlns="http://x/"><EchoResult></EchoResult><ResponseMetadata><RequestId>` + w.Header().Get(headerRequestID) + `</RequestId></ResponseMetadata></EchoResponse>`
	if body := w.Body.String(); body != xml.Header+want || w.Header().Get("Content-Type") != "text/xml" {
		t.Errorf("got %s", body)
	}
}

func TestQueryRefuses(t *testing.T) {
	const version = "&Version=2015-12-01"
	for _, test := range []struct {
		name, service, form string
		code, message       string
	}{
		{"an action that is not built", "svc", "Action=Later" + version, "InvalidAction", "operation Later is not supported by this version of Gantry"},
		{"an unknown action", "svc", "Action=Nothing" + version, "InvalidAction", `there is no operation "svc:Nothing"`},
		{"another version", "svc", "Action=Echo&Version=2012-06-01", "InvalidAction", `"svc:Echo" of version "2012-06-01"`},
		{"another service", "rds", "Action=Echo" + version, "InvalidAction", "Gantry speaks A Service"},
		{"no action", "svc", "Version=2015-12-01", "InvalidAction", "no parameter Action"},
		{"the action's own error", "svc", "Action=Echo&Names.member.1=fail" + version, "ValidationError", "told <so>"},
		{"not a form", "svc", "Action=%zz", "MalformedInput", "not a valid form"},
		{"a word for a number", "svc", "Action=Echo&Size=many" + version, "MalformedInput", "Value (many) for parameter Size is invalid. Expected an integer."},
		{"a number that is too large", "svc", "Action=Echo&Size=3000000000" + version, "MalformedInput", "Size"},
		{"a bad time", "svc", "Action=Echo&At=noon" + version, "MalformedInput", "Value (noon) for parameter At"},
		{"a bad boolean inside", "svc", "Action=Echo&On=yes" + version, "MalformedInput", "true or false"},
		{"very deep", "svc", "Action=Echo&" + strings.Repeat("a.", 100) + "=1" + version, "MalformedInput", "too many parts"},
	} {
		w := postForm(t, queryRouter(Query{}, "svc"), test.service, test.form)
		var answer struct {
			XMLName xml.Name `xml:"ErrorResponse"`
			Error   struct{ Type, Code, Message string }
			ID      string `xml:"RequestId"`
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if e := answer.Error; w.Code != http.StatusBadRequest || e.Type != "Sender" || e.Code != test.code || !strings.Contains(e.Message, test.message) || answer.ID == "" {
			t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
		}
	}
}

// EC2 has flat lists, capitals in requests, and its own form of answers.
func TestEC2(t *testing.T) {
	h := queryRouter(EC2{}, "ec2")
	w := postForm(t, h, "ec2", "Action=Echo&Version=2015-12-01&Names.1=a&Rules.1.Priority=5&Rules.1.Hosts.1=x&Rules.1.Hosts.2=y")
	want := `<EchoResponse xmlns="http://x/"><requestId>` + w.Header().Get(headerRequestID) + `</requestId><Names><member>a</member></Names>` +
		`<Rules><Rule><priority>5</priority><hosts><item>x</item><item>y</item></hosts></Rule></Rules></EchoResponse>`
	if w.Body.String() != xml.Header+want {
		t.Errorf("got %s\nwant %s", w.Body, want)
	}
	w = postForm(t, h, "ec2", "Action=RunInstances&Version=2015-12-01")
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `<Response><Errors><Error><Code>InvalidAction</Code><Message>there is no operation &#34;ec2:RunInstances&#34;: of A Service, Gantry has Echo</Message></Error></Errors><RequestID>`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("ec2", []byte("Action=Echo&Version=2015-12-01&Rules.1.Hosts.1=x"))
	f.Add("", []byte("Action=Echo&Version=2015-12-01&.=&..1=&Names=&Size="))
	h := queryRouter(EC2{}, "ec2")
	f.Fuzz(func(t *testing.T, service string, body []byte) { postForm(t, h, service, string(body)) })
}
