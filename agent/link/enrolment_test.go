package link

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// A request for a certificate has a connection of its own: later calls show the certificate, which
// is done when a connection is made.
func TestEnrolmentHasAConnectionOfItsOwn(t *testing.T) {
	var mu sync.Mutex
	from := map[string]string{} // path → the caller's end of the connection
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		from[r.URL.Path] = r.RemoteAddr
		w.Write([]byte("{}"))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "https://")
	servers := NewServers(ServersConfig{
		Key: "i", Candidates: func() []structs.Member { return []structs.Member{{ID: "s", HTTP: address}} },
		Connect: func(string) *client.Client {
			return client.New(client.Config{Address: server.URL, TLS: &tls.Config{InsecureSkipVerify: true}})
		},
	})
	defer servers.Close()
	if _, err := servers.Enrol(t.Context(), "i", security.Enrolment{}); err != nil {
		t.Fatal(err)
	}
	if _, err := servers.Register(t.Context(), structs.ContainerInstance{}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if a, b := from["/v1/agent/certificate"], from["/v1/agent/register"]; a == "" || a == b {
		t.Errorf("the certificate was asked for from %q, the instance registered from %q", a, b)
	}
}
