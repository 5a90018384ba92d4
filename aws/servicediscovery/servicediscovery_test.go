package servicediscovery

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// door asks the API of an empty cluster.
type door struct {
	t *testing.T
	http.Handler
}

func newDoor(t *testing.T) *door {
	c := singlenode.New(t)
	return &door{t, &protocol.Router{Services: []protocol.Service{New(c.Control)}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}}
}

// call returns the answer, or the code and message of an error.
func (d *door) call(action, body string) string {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", API.TargetPrefix+"."+action)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return strings.TrimSpace(w.Body.String())
}

// want calls, and fails unless the answer matches. It returns the first group of the pattern.
func (d *door) want(pattern, action, body string) string {
	d.t.Helper()
	got := d.call(action, body)
	found := regexp.MustCompile(pattern).FindStringSubmatch(got)
	if found == nil {
		d.t.Fatalf("%s %s: %s, want %s", action, body, got, pattern)
	}
	return found[len(found)-1]
}

func quoted(fields map[string]any) string {
	text, _ := json.Marshal(fields)
	return string(text)
}

// A namespace, a service and instances live through the calls that service discovery makes.
func TestLife(t *testing.T) {
	d := newDoor(t)
	d.want("InvalidInput", "CreatePublicDnsNamespace", `{"Name":"example.org"}`)
	d.want("InvalidInput.*zone gantry", "CreatePrivateDnsNamespace", `{"Name":"a.gantry","Vpc":"v"}`)
	operation := d.want(`"OperationId":"([a-z2-7]+)"`, "CreatePrivateDnsNamespace", `{"Name":"Shop.internal","Vpc":"v","CreatorRequestId":"once"}`)
	ns := d.want(`"NAMESPACE":"(ns-[0-9a-f]{16})"`, "GetOperation", quoted(map[string]any{"OperationId": operation}))
	d.want("SUCCESS", "GetOperation", quoted(map[string]any{"OperationId": operation}))
	d.want("OperationNotFound", "GetOperation", `{"OperationId":"no"}`)
	d.want("OperationId", "CreatePrivateDnsNamespace", `{"Name":"shop.internal","Vpc":"v","CreatorRequestId":"once"}`) // again
	d.want("NamespaceAlreadyExists", "CreatePrivateDnsNamespace", `{"Name":"shop.internal","Vpc":"v"}`)
	d.want(ns, "ListNamespaces", `{"Filters":[{"Name":"TYPE","Values":["DNS_PRIVATE"]}]}`)
	d.want(`"Namespaces":\[\]`, "ListNamespaces", `{"Filters":[{"Name":"TYPE","Values":["HTTP"]}]}`)

	service := func(fields string) string { return `{"NamespaceId":"` + ns + `",` + fields + `}` }
	d.want("InvalidInput.*DnsConfig is required", "CreateService", service(`"Name":"api"`))
	d.want("NamespaceNotFound", "CreateService", `{"NamespaceId":"ns-none","Name":"api","Type":"HTTP"}`)
	id := d.want(`"Id":"(srv-[0-9a-f]{16})"`, "CreateService", service(`"Name":"api","DnsConfig":{"DnsRecords":[{"Type":"SRV","TTL":10}]},"HealthCheckCustomConfig":{}`))
	d.want("ServiceAlreadyExists", "CreateService", service(`"Name":"api","DnsConfig":{"DnsRecords":[{"Type":"A","TTL":10}]}`))
	d.want("ResourceInUse", "DeleteNamespace", quoted(map[string]any{"Id": ns}))

	instance := func(fields string) string { return `{"ServiceId":"` + id + `","InstanceId":"i-1"` + fields + `}` }
	d.want("InvalidInput.*AWS_INSTANCE_PORT is required", "RegisterInstance", instance(`,"Attributes":{"AWS_INSTANCE_IPV4":"10.0.0.1"}`))
	d.want("InvalidInput.*not such an address", "RegisterInstance", instance(`,"Attributes":{"AWS_INSTANCE_IPV4":"fd00::1","AWS_INSTANCE_PORT":"80"}`))
	d.want("OperationId", "RegisterInstance", instance(`,"Attributes":{"AWS_INSTANCE_IPV4":"10.0.0.1","AWS_INSTANCE_PORT":"80","color":"red"}`))
	find := func(fields string) string {
		return `{"NamespaceName":"shop.internal","ServiceName":"api"` + fields + `}`
	}
	d.want(`"InstanceId":"i-1"`, "DiscoverInstances", find(`,"QueryParameters":{"color":"red"}`))
	d.want(`"Instances":\[\]`, "DiscoverInstances", find(`,"QueryParameters":{"color":"blue"}`))
	d.want(`"InstanceId":"i-1"`, "DiscoverInstances", find(`,"OptionalParameters":{"color":"blue"}`))
	d.want(`^(\{\})?$`, "UpdateInstanceCustomHealthStatus", instance(`,"Status":"UNHEALTHY"`))
	d.want(`"Instances":\[\]`, "DiscoverInstances", find(""))
	d.want(`"HealthStatus":"UNHEALTHY"`, "DiscoverInstances", find(`,"HealthStatus":"HEALTHY_OR_ELSE_ALL"`))
	d.want(`"i-1":"UNHEALTHY"`, "GetInstancesHealthStatus", quoted(map[string]any{"ServiceId": id}))
	d.want("ServiceNotFound", "DiscoverInstances", `{"NamespaceName":"shop.internal","ServiceName":"none"}`)
	d.want("ResourceInUse", "DeleteService", quoted(map[string]any{"Id": id}))
	d.want("OperationId", "DeregisterInstance", instance(""))
	d.want("InstanceNotFound", "GetInstance", instance(""))
	d.want(`^\{\}$`, "DeleteService", quoted(map[string]any{"Id": id}))
	d.want("OperationId", "DeleteNamespace", quoted(map[string]any{"Id": ns}))
	d.want("NamespaceNotFound", "GetNamespace", quoted(map[string]any{"Id": ns}))
}
