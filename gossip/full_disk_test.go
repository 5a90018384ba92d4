package gossip_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// lines are what is logged. Safe for concurrent use.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A member whose disk is full goes on, also when it starts so, and says it once; once there is room
// it keeps whom it knows, and finds them after a restart without a join.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	testutil.SmallDisk(t, dir, "1m")
	faketime.Test(t, func(t *testing.T) {
		network := testutil.NewNetwork()
		t.Cleanup(func() { time.Sleep(time.Minute) }) // the library's last goroutines
		log := &lines{}
		start := func(host, role, dir string) *gossip.Member {
			network.Boot(host)
			m, err := gossip.New(gossip.Config{
				Self: structs.Member{ID: host, Name: host, Role: role}, Bind: host, Port: 5749, DataDir: dir,
				Transport: network.Gossip(host, 5749), Logger: slog.New(slog.NewTextHandler(log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		if err := testutil.FillDisk(dir, 0); err != nil {
			t.Fatal(err)
		}
		agent := start("10.0.1.1", structs.RoleAgent, dir)
		var server *gossip.Member
		n := 0
		// the server by another, which is news that is kept. Of three members memberlist has races.
		replace := func() {
			if n++; server != nil {
				if err := errors.Join(server.Leave(), server.Stop()); err != nil {
					t.Fatal(err)
				}
			}
			server = start(fmt.Sprintf("10.0.0.%d", n), structs.RoleServer, "")
			if err := server.Join([]string{"10.0.1.1:5749"}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		defer func() { server.Stop() }()
		knows := func() bool {
			return slices.ContainsFunc(agent.Servers(), func(m structs.Member) bool {
				return m.ID == fmt.Sprintf("10.0.0.%d", n) && m.Status == structs.MemberAlive
			})
		}
		for range 3 {
			replace()
		}
		if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "Free some space") || !strings.Contains(log.String(), "no space left on device") {
			t.Errorf("with a full disk it says %d times:\n%s", n, log)
		}
		if !knows() {
			t.Errorf("with a full disk it knows the servers %v", agent.Servers())
		}
		if err := testutil.EmptyDisk(dir); err != nil {
			t.Fatal(err)
		}
		replace()
		if n := strings.Count(log.String(), "on disk again"); n != 1 {
			t.Errorf("with room on the disk it says %d times:\n%s", n, log)
		}
		if err := agent.Stop(); err != nil {
			t.Fatal(err)
		}
		network.Crash("10.0.1.1")
		agent = start("10.0.1.1", structs.RoleAgent, dir)
		defer agent.Stop()
		time.Sleep(time.Minute)
		if !knows() {
			t.Errorf("after a restart it knows the servers %v", agent.Servers())
		}
	})
}

// A member goes on without the file where it cannot be opened at all, as on a disk that can only be
// read.
func TestNothingCanBeKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "gossip.members"), 0o700); err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	m, err := gossip.New(gossip.Config{
		Self: structs.Member{ID: "a", Name: "a", Role: structs.RoleAgent}, Bind: "127.0.0.1", DataDir: dir, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Stop(); err != nil || !strings.Contains(log.String(), "level=WARN") {
		t.Errorf("stop: %v; it says:\n%s", err, log)
	}
}
