package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestNamespaceOfServiceConnect: a namespace that a service uses for Service Connect stays.
func TestNamespaceOfServiceConnect(t *testing.T) {
	h := serving(t)
	h.do(structs.PutNamespace{Namespace: structs.Namespace{ID: "ns-1", Name: "shop", Type: structs.NamespaceHTTP}})
	put := putServiceCommand("s1", "web", 2, "le9", "")
	put.Job.Service.Connect = &structs.ServiceConnect{Namespace: "shop"}
	h.do(put)
	h.refused(structs.DeleteNamespace{ID: "ns-1"}, structs.KindResourceInUse, "prod/web")
}
