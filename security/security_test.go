package security

import (
	"bytes"
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// shake lets two sides meet and gives what the server knows of its caller, and either side's error.
func shake(t *testing.T, server, client *tls.Config) (who Identity, known bool, err error) {
	t.Helper()
	// both sides may have something to say at once, for which a pipe has no room
	listener := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	near := must[net.Conn](t)(net.Dial("tcp", listener.Addr().String()))
	defer near.Close()
	far := must[net.Conn](t)(listener.Accept())
	defer far.Close()
	caller := tls.Client(near, client)
	done := make(chan error, 1)
	go func() {
		err := caller.HandshakeContext(t.Context())
		if err == nil {
			// a refusal of the caller's certificate comes after its handshake
			_, err = caller.Read(make([]byte, 1))
		}
		far.Close()
		done <- err
	}()
	s := tls.Server(far, server)
	if err = s.HandshakeContext(t.Context()); err == nil {
		state := s.ConnectionState()
		who, known = CallerOf(&state)
		_, err = s.Write([]byte{1})
	}
	if err != nil {
		far.Close()
	}
	if other := <-done; err == nil {
		err = other
	}
	return who, known, err
}

func enrol(t *testing.T, authority *Authority, servers, agents AgentKey, now time.Time) (*AgentCertificate, error) {
	t.Helper()
	c := must[*AgentCertificate](t)(NewAgentCertificate(agents))
	chain, err := authority.Enrol(servers, must[Enrolment](t)(c.Request(now)), "i1", now)
	if err != nil {
		return c, err
	}
	return c, c.Take(chain)
}

// Who may talk to whom: servers with each other, agents with servers but not as servers, and nobody
// with another secret.
func TestWhoMayTalkToWhom(t *testing.T) {
	ours, theirs := NewSecret(), NewSecret()
	authority, stranger := must[*Authority](t)(ours.Authority()), must[*Authority](t)(theirs.Authority())
	again := must[*Authority](t)(ours.Authority())
	if !bytes.Equal(authority.PEM(), again.PEM()) {
		t.Error("two servers make different authorities of one secret")
	}
	a, b := authority.Server("a", []string{"127.0.0.1", "host"}, time.Now), again.Server("b", nil, time.Now)
	x := stranger.Server("x", nil, time.Now)
	key := must[AgentKey](t)(ours.AgentKey())
	agent := must[*AgentCertificate](t)(enrol(t, authority, key, key, time.Now()))
	fresh := must[*AgentCertificate](t)(NewAgentCertificate(key))
	for _, c := range []struct {
		name           string
		server, client *tls.Config
		who            Identity
		refused        bool
	}{
		{"server to server", a.ListenServers(), b.DialServers(), Identity{RoleServer, "b"}, false},
		{"server to a server's door", a.ListenClients(), b.DialServers(), Identity{RoleServer, "b"}, false},
		{"agent to a server's door", a.ListenClients(), agent.DialServers(), Identity{RoleAgent, "i1"}, false},
		{"agent before it enrolled", a.ListenClients(), fresh.DialServers(), Identity{}, false},
		{"agent as server", a.ListenServers(), agent.DialServers(), Identity{}, true},
		{"nobody as server", a.ListenServers(), fresh.DialServers(), Identity{}, true},
		{"stranger as server", a.ListenServers(), x.DialServers(), Identity{}, true},
		{"stranger at the door", a.ListenClients(), x.DialServers(), Identity{}, true},
		{"server at a stranger's", x.ListenServers(), a.DialServers(), Identity{}, true},
		{"agent at a stranger's", x.ListenClients(), agent.DialServers(), Identity{}, true},
		{"a client that trusts the authority", a.ListenClients(), &tls.Config{RootCAs: authority.pool(), ServerName: "127.0.0.1"}, Identity{}, false},
		{"a client that calls another name", a.ListenClients(), &tls.Config{RootCAs: authority.pool(), ServerName: "other"}, Identity{}, true},
		{"agent that poses as server", &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return agent.current, nil }},
			b.DialServers(), Identity{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			who, known, err := shake(t, c.server, c.client)
			if (err != nil) != c.refused || known != (c.who.ID != "") || who != c.who {
				t.Errorf("the server knows %+v (%v), error %v", who, known, err)
			}
		})
	}
}

// An agent's second connection goes on with the session of the first: it is known by the same
// certificate, and without another proof of it.
func TestSessions(t *testing.T) {
	secret := NewSecret()
	authority := must[*Authority](t)(secret.Authority())
	key := must[AgentKey](t)(secret.AgentKey())
	server := authority.Server("a", nil, time.Now).ListenClients()
	var resumed bool
	server.VerifyConnection = func(state tls.ConnectionState) error { resumed = state.DidResume; return nil }
	client := must[*AgentCertificate](t)(enrol(t, authority, key, key, time.Now())).DialServers()
	client.ServerName = "a" // sessions are kept by it
	for n := range 3 {
		who, known, err := shake(t, server, client)
		if err != nil || !known || who != (Identity{RoleAgent, "i1"}) || resumed != (n > 0) {
			t.Errorf("connection %d: the server knows %+v (%v), goes on with a session: %v, error %v", n+1, who, known, resumed, err)
		}
	}
}

// Agents with another key, or whose clock is far off, get no certificate; a certificate is renewed
// before it ends.
func TestEnrolment(t *testing.T) {
	ours, theirs := NewSecret(), NewSecret()
	authority := must[*Authority](t)(ours.Authority())
	key, other := must[AgentKey](t)(ours.AgentKey()), must[AgentKey](t)(theirs.AgentKey())
	if _, err := enrol(t, authority, key, other, time.Now()); err == nil {
		t.Error("another installation's agent was enrolled")
	}
	late := must[*AgentCertificate](t)(NewAgentCertificate(key))
	if _, err := authority.Enrol(key, must[Enrolment](t)(late.Request(time.Now().Add(-time.Hour))), "i", time.Now()); err == nil || !strings.Contains(err.Error(), "clocks") {
		t.Errorf("a request of an hour ago: %v", err)
	}
	c := must[*AgentCertificate](t)(enrol(t, authority, key, key, time.Now()))
	if c.Due(time.Now().Add(11*time.Hour)) || !c.Due(time.Now().Add(13*time.Hour)) {
		t.Error("a certificate of 24 hours is to be renewed after 12")
	}
	if late.Take(must[[][]byte](t)(authority.Enrol(key, must[Enrolment](t)(c.Request(time.Now())), "i", time.Now()))) == nil {
		t.Error("a certificate for another agent's key was taken")
	}
	now := time.Now()
	server := authority.Server("a", nil, func() time.Time { return now })
	first := must[*tls.Certificate](t)(server.get())
	now = now.Add(13 * time.Hour)
	if second := must[*tls.Certificate](t)(server.get()); second == first || !second.Leaf.NotAfter.After(first.Leaf.NotAfter) {
		t.Error("a server's certificate was not renewed")
	}
}

func TestKeyFiles(t *testing.T) {
	secret := NewSecret()
	key := must[AgentKey](t)(secret.AgentKey())
	write := func(text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if got := must[Secret](t)(ReadSecret(write(secret.String()+"\n", 0o600))); got != secret {
		t.Error("a secret does not survive its file")
	}
	for _, text := range []string{secret.String(), key.String()} {
		if got := must[AgentKey](t)(ReadAgentKey(write(text, 0o600))); got != key {
			t.Errorf("the agents' key of %.15s… is another one", text)
		}
	}
	for _, c := range []struct{ text, says string }{
		{"", "gantry keygen"}, {"gantry-cluster-abc", "gantry keygen"}, {key.String(), "agent's key"},
	} {
		if _, err := ReadSecret(write(c.text, 0o600)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("a file with %q: %v", c.text, err)
		}
	}
	if _, err := ReadSecret(write(secret.String(), 0o644)); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a secret that all can read: %v", err)
	}
}

func TestSeal(t *testing.T) {
	s := must[*Sealer](t)(NewSecret().Sealer())
	sealed := s.Seal("key AKIA1", []byte("content"))
	if bytes.Contains(sealed, []byte("content")) {
		t.Error("it is not sealed")
	}
	if got := must[[]byte](t)(s.Open("key AKIA1", sealed)); string(got) != "content" {
		t.Errorf("opened: %q", got)
	}
	for name, bad := range map[string][]byte{"key AKIA2": sealed, "key AKIA1": append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1)} {
		if _, err := s.Open(name, bad); err == nil {
			t.Errorf("%s: opened what is another's or damaged", name)
		}
	}
	if _, err := s.Open("key AKIA1", sealed[:4]); err == nil {
		t.Error("opened a piece")
	}
	other := must[*Sealer](t)(NewSecret().Sealer())
	if _, err := other.Open("key AKIA1", sealed); err == nil {
		t.Error("opened with another secret")
	}
}

// A key with a flipped bit is no key: it would be that of another installation.
func TestFlippedKeys(t *testing.T) {
	secret := NewSecret()
	agent := must[AgentKey](t)(secret.AgentKey())
	path := filepath.Join(t.TempDir(), "key")
	try := func(text []byte) (Secret, AgentKey, error, error) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err1 := ReadSecret(path)
		a, err2 := ReadAgentKey(path)
		return s, a, err1, err2
	}
	for _, text := range []string{secret.String(), agent.String()} {
		for bit := range 8 * len(text) {
			flipped := []byte(text)
			flipped[bit/8] ^= 1 << (bit % 8)
			if s, a, err1, err2 := try(flipped); err1 == nil && s != secret || err2 == nil && a != agent {
				t.Errorf("%q is taken", flipped)
			}
		}
	}
}
