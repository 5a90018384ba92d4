package dns

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/miekg/dns"

	"github.com/gantry-project/gantry/structs"
)

// serve returns a server with names on loopback, and its address. Other names are asked of the
// resolver at upstream.
func serve(t testing.TB, upstream string, names ...structs.TrafficName) (*Server, string) {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(conf, []byte(upstream), 0o644); err != nil {
		t.Fatal(err)
	}
	s := New(Config{ResolvConf: conf, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Close)
	packets, streams, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(packets, streams)
	s.Apply(structs.TrafficFrame{Full: true, Index: 7, Names: names})
	return s, packets.LocalAddr().String()
}

// web is a name with two tasks.
func web() structs.TrafficName {
	return structs.TrafficName{Name: "web.default.gantry", TTL: 1, Addresses: []structs.NameAddress{
		{Address: "10.0.0.1", Port: 8080, Task: "aa"}, {Address: "10.0.0.2", Port: 8081, Task: "bb"},
	}}
}

// lookup asks for records of a name.
func lookup(t testing.TB, network, at, name string, kind uint16, size uint16) *dns.Msg {
	t.Helper()
	m := new(dns.Msg).SetQuestion(name, kind)
	if size > 0 {
		m.SetEdns0(size, false)
	}
	r, _, err := (&dns.Client{Net: network}).Exchange(m, at)
	if err != nil {
		t.Fatalf("%s %s: %v", name, dns.TypeToString[kind], err)
	}
	return r
}
