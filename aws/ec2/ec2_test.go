package ec2

import (
	"encoding/xml"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

var update = flag.Bool("update", false, "write the answers as they are now to testdata")

// The EC2 ids of the fixture's instances.
const (
	first      = "i-10000000000000001" // host-1, in zone a, with a tag
	second     = "i-10000000000000002" // host-2, in zone b, of another cluster, arm64
	foreign    = "i-0a1b2c3d4e5f60718" // registered with an identity document
	unknown    = "i-30000000000000003" // of an older agent: its address is not known
	terminated = "i-40000000000000004"
)

// newDoor returns the EC2 API of a state with instances of every kind.
func newDoor(t *testing.T) http.Handler {
	t.Helper()
	c := singlenode.New(t)
	for _, i := range []structs.ContainerInstance{
		{ID: "00000000000000010000000000000001", Name: "host-1", Zone: "a", Address: "10.0.0.1",
			Attributes: []structs.Attribute{{Name: "ecs.cpu-architecture", Value: "x86_64"}}},
		{ID: "00000000000000010000000000000002", Cluster: "edge", Name: "host-2", Zone: "b", Address: "10.0.1.1",
			Attributes: []structs.Attribute{{Name: "ecs.cpu-architecture", Value: "aarch64"}}},
		{ID: "00000000000000050000000000000005", Name: foreign, Zone: "a", Address: "10.0.0.9",
			Attributes: []structs.Attribute{{Name: "ecs.instance-type", Value: "t3.large"}, {Name: "ecs.ami-id", Value: "ami-1"}}},
		{ID: "00000000000000030000000000000003", Name: "host-3"},
		{ID: "00000000000000040000000000000004", Name: "host-4", Zone: "a", Address: "10.0.0.4"},
	} {
		var tags []structs.Tag
		if i.Name == "host-1" {
			tags = []structs.Tag{{Key: "team", Value: "web"}}
		}
		if i.Cluster == "" {
			i.Cluster = "default"
		}
		if _, err := c.Control.RegisterInstance(t.Context(), i, tags...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Control.DeregisterInstance(t.Context(), "default", "00000000000000040000000000000004", true); err != nil {
		t.Fatal(err)
	}
	return &protocol.Router{Services: []protocol.Service{New(c.Control)}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

func ask(t *testing.T, door http.Handler, action, form string) *httptest.ResponseRecorder {
	t.Helper()
	body := "Action=" + action + "&Version=2016-11-15&" + form
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=ab")
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w
}

// found returns the ids in an answer of either operation.
func found(t *testing.T, w *httptest.ResponseRecorder) (ids []string, next string) {
	t.Helper()
	var answer struct {
		Instances  []string `xml:"reservationSet>item>instancesSet>item>instanceId"`
		Interfaces []string `xml:"networkInterfaceSet>item>networkInterfaceId"`
		Next       string   `xml:"nextToken"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return append(answer.Instances, answer.Interfaces...), answer.Next
}

// Both answers are, in full, as in testdata.
func TestAnswers(t *testing.T) {
	door := newDoor(t)
	for _, action := range []string{"DescribeInstances", "DescribeNetworkInterfaces"} {
		w := ask(t, door, action, "")
		got := strings.ReplaceAll(w.Body.String(), w.Header().Get("x-amzn-RequestId"), "REQUEST")
		got = strings.ReplaceAll(got, "><", ">\n<") + "\n"
		path := "testdata/" + action + ".xml"
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if want, err := os.ReadFile(path); err != nil || got != string(want) {
			t.Errorf("%s: %v: got %s", action, err, got)
		}
	}
}

func TestDescribeInstances(t *testing.T) {
	door := newDoor(t)
	for form, want := range map[string][]string{
		"":                      {foreign, first, second, unknown, terminated},
		"InstanceId.1=" + first: {first},
		"InstanceId.1=" + second + "&InstanceId.2=" + first + "&InstanceId.3=" + first: {first, second},
		"Filter.1.Name=private-ip-address&Filter.1.Value.1=10.0.0.*":                   {foreign, first},
		// it is terminated
		"Filter.1.Name=private-ip-address&Filter.1.Value.1=10.0.0.4":                                                  nil,
		"Filter.1.Name=instance-state-name&Filter.1.Value.1=terminated":                                               {terminated},
		"Filter.1.Name=instance-state-code&Filter.1.Value.1=16":                                                       {foreign, first, second, unknown},
		"Filter.1.Name=availability-zone&Filter.1.Value.1=b&Filter.1.Value.2=c":                                       {second},
		"Filter.1.Name=tag:team&Filter.1.Value.1=w%3Fb":                                                               {first},
		"Filter.1.Name=tag:team&Filter.1.Value.1=we":                                                                  nil,
		"Filter.1.Name=tag-key&Filter.1.Value.1=team":                                                                 {first},
		"Filter.1.Name=instance-type&Filter.1.Value.1=t3.large":                                                       {foreign},
		"Filter.1.Name=architecture&Filter.1.Value.1=arm64":                                                           {second},
		"Filter.1.Name=private-dns-name&Filter.1.Value.1=host-1":                                                      {first},
		"Filter.1.Name=vpc-id&Filter.1.Value.1=*":                                                                     nil,
		"Filter.1.Name=instance-id&Filter.1.Value.1=" + first + "&Filter.2.Name=availability-zone&Filter.2.Value.1=b": nil,
		"InstanceId.1=" + first + "&Filter.1.Name=availability-zone&Filter.1.Value.1=b":                               nil,
	} {
		if got, _ := found(t, ask(t, door, "DescribeInstances", form)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", form, got, want)
		}
	}
}

func TestDescribeNetworkInterfaces(t *testing.T) {
	door := newDoor(t)
	const eni = "eni-10000000000000001"
	for form, want := range map[string][]string{
		"":                            {"eni-0a1b2c3d4e5f60718", eni, "eni-10000000000000002"},
		"NetworkInterfaceId.1=" + eni: {eni},
		"Filter.1.Name=attachment.instance-id&Filter.1.Value.1=" + first:       {eni},
		"Filter.1.Name=network-interface-id&Filter.1.Value.1=" + eni:           {eni},
		"Filter.1.Name=addresses.private-ip-address&Filter.1.Value.1=10.0.0.1": {eni},
		"Filter.1.Name=status&Filter.1.Value.1=available":                      nil,
		"Filter.1.Name=tag:team&Filter.1.Value.1=web":                          nil,
	} {
		if got, _ := found(t, ask(t, door, "DescribeNetworkInterfaces", form)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", form, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	c := singlenode.New(t)
	for range 7 {
		c.AddInstance(t, "default", 1024, 1024)
	}
	door := &protocol.Router{Services: []protocol.Service{New(c.Control)}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	head, next := found(t, ask(t, door, "DescribeInstances", "MaxResults=5"))
	if len(head) != 5 || next == "" {
		t.Fatalf("%v, next %q", head, next)
	}
	tail, end := found(t, ask(t, door, "DescribeInstances", "MaxResults=5&NextToken="+url.QueryEscape(next)))
	if len(tail) != 2 || end != "" || slices.ContainsFunc(tail, func(id string) bool { return slices.Contains(head, id) }) {
		t.Errorf("%v after %v, next %q", tail, head, end)
	}
}

// A machine is one instance even if an agent has registered it again with its document.
func TestMachineRegisteredTwice(t *testing.T) {
	c := singlenode.New(t)
	for _, id := range []string{strings.Repeat("1", 32), strings.Repeat("2", 32), strings.Repeat("3", 32)} {
		if _, err := c.Control.RegisterInstance(t.Context(), structs.ContainerInstance{ID: id, Cluster: "default", Name: foreign, Address: "10.0.0.9"}); err != nil {
			t.Fatal(err)
		}
		if id[0] != '2' {
			if _, err := c.Control.DeregisterInstance(t.Context(), "default", id, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	door := &protocol.Router{Services: []protocol.Service{New(c.Control)}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	w := ask(t, door, "DescribeInstances", "")
	if ids, _ := found(t, w); len(ids) != 1 || !strings.Contains(w.Body.String(), "<name>running</name>") {
		t.Errorf("got %s", w.Body)
	}
}

func TestRefusals(t *testing.T) {
	door := newDoor(t)
	const instances, interfaces = "DescribeInstances", "DescribeNetworkInterfaces"
	for _, test := range []struct {
		action, form  string
		status        int
		code, message string
	}{
		{instances, "InstanceId.1=i-0000000000000000f", 400, "InvalidInstanceID.NotFound", "The instance ID 'i-0000000000000000f' does not exist"},
		{instances, "InstanceId.1=i-0000000e&InstanceId.2=" + first + "&InstanceId.3=i-0000000f", 400, "InvalidInstanceID.NotFound", "The instance IDs 'i-0000000e, i-0000000f' do not exist"},
		{instances, "InstanceId.1=host-1", 400, "InvalidInstanceID.Malformed", `Invalid id: "host-1"`},
		{interfaces, "NetworkInterfaceId.1=eni-0000000000000000f", 400, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-0000000000000000f' does not exist"},
		{interfaces, "NetworkInterfaceId.1=" + first, 400, "InvalidNetworkInterfaceId.Malformed", "Invalid id"},
		{instances, "Filter.1.Name=hypervisor&Filter.1.Value.1=xen", 400, "InvalidParameterValue", "The filter 'hypervisor' is invalid. Gantry has architecture, availability-zone,"},
		{interfaces, "Filter.1.Name=instance-type&Filter.1.Value.1=x", 400, "InvalidParameterValue", "The filter 'instance-type' is invalid"},
		{instances, "Filter.1.Name=vpc-id", 400, "InvalidParameterValue", "The filter 'vpc-id' has no value"},
		{instances, "MaxResults=4", 400, "InvalidParameterValue", "Value ( 4 ) for parameter maxResults is invalid"},
		{instances, "MaxResults=many", 400, "InvalidParameterValue", "parameter MaxResults is invalid. Expected an integer"},
		{interfaces, "MaxResults=1001", 400, "InvalidParameterValue", "MaxResults"},
		{instances, "MaxResults=5&InstanceId.1=" + first, 400, "InvalidParameterCombination", "instancesSet cannot be used with the parameter maxResults"},
		{instances, "NextToken=x", 400, "InvalidParameterValue", "did not come from DescribeInstances"},
		{instances, "DryRun=true", 412, "DryRunOperation", "DryRun flag is set"},
		{"RunInstances", "", 400, "InvalidAction", `there is no operation "ec2:RunInstances": of Amazon EC2, Gantry has DescribeInstances, DescribeNetworkInterfaces`},
	} {
		w := ask(t, door, test.action, test.form)
		var answer struct {
			Code    string `xml:"Errors>Error>Code"`
			Message string `xml:"Errors>Error>Message"`
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != test.status || answer.Code != test.code || !strings.Contains(answer.Message, test.message) {
			t.Errorf("%s %s: %d %s", test.action, test.form, w.Code, w.Body)
		}
	}
}
