package dns

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// Go's resolver finds all addresses of a name, and its services.
func TestResolverOfGo(t *testing.T) {
	_, at := serve(t, "", web())
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, at)
	}}
	hosts, err := r.LookupHost(t.Context(), "web.default.gantry")
	slices.Sort(hosts)
	if err != nil || !slices.Equal(hosts, []string{"10.0.0.1", "10.0.0.2"}) {
		t.Error(hosts, err)
	}
	_, srv, err := r.LookupSRV(t.Context(), "", "", "web.default.gantry")
	if err != nil || len(srv) != 2 || srv[0].Port+srv[1].Port != 8080+8081 {
		t.Error(srv, err)
	}
	if _, err := r.LookupHost(t.Context(), "none.default.gantry"); err == nil || !err.(*net.DNSError).IsNotFound {
		t.Error(err)
	}
}

// getaddrinfo of glibc finds a name, whole and by the search domain. It reads /etc/resolv.conf, so
// it runs where that is another file.
func TestResolverOfGlibc(t *testing.T) {
	packets, streams, err := Listen("127.0.77.4:53")
	if err != nil {
		t.Skipf("port 53 is needed: %v", err)
	}
	many := structs.TrafficName{Name: "many.default.gantry", TTL: 1}
	for n := range 60 {
		many.Addresses = append(many.Addresses, structs.NameAddress{Address: fmt.Sprintf("10.0.2.%d", n)})
	}
	s, _ := serve(t, "", web(), many)
	s.Serve(packets, streams)
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(conf, []byte("nameserver 127.0.77.4\nsearch default.gantry\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"web.default.gantry": 2, "web": 2, "many": MaxAddresses, "none": 0} {
		script := "mount --bind " + conf + " /etc/resolv.conf && getent ahosts " + name
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "mount:") || err != nil && cmd.ProcessState == nil {
			t.Skipf("root is needed: %v %s", err, out)
		}
		if got := strings.Count(string(out), "STREAM"); got != want {
			t.Errorf("%s: %d addresses, want %d: %s", name, got, want, out)
		}
	}
}
