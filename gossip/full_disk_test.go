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

// lines is what was logged. Safe for concurrent use.
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

// fullDisk is an agent whose data directory is on a small disk, and a server that changes its
// address.
type fullDisk struct {
	t       *testing.T
	network *testutil.Network
	log     *lines
	dir     string // of the agent
	agent   *gossip.Member
	server  *gossip.Member
	number  int // of the server
}

func (d *fullDisk) start(host, role, dir string) *gossip.Member {
	d.t.Helper()
	d.network.Boot(host)
	m, err := gossip.New(gossip.Config{
		Self: structs.Member{ID: host, Name: host, Role: role}, Bind: host, Port: 5749, DataDir: dir,
		Transport: d.network.Gossip(host, 5749), Logger: slog.New(slog.NewTextHandler(d.log, nil)),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

func (d *fullDisk) startAgent() { d.agent = d.start("10.0.1.1", structs.RoleAgent, d.dir) }

func (d *fullDisk) serverHost() string { return fmt.Sprintf("10.0.0.%d", d.number) }

// replace replaces the server by another one, which is news to keep. There are two members, since
// memberlist has data races with three.
func (d *fullDisk) replace() {
	d.t.Helper()
	if d.server != nil {
		if err := errors.Join(d.server.Leave(), d.server.Stop()); err != nil {
			d.t.Fatal(err)
		}
	}
	d.number++
	d.server = d.start(d.serverHost(), structs.RoleServer, "")
	if err := d.server.Join([]string{"10.0.1.1:5749"}); err != nil {
		d.t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

// knows fails the test where the agent does not know the present server.
func (d *fullDisk) knows(when string) {
	d.t.Helper()
	if !slices.ContainsFunc(d.agent.Servers(), func(m structs.Member) bool {
		return m.ID == d.serverHost() && m.Status == structs.MemberAlive
	}) {
		d.t.Errorf("%s it knows the servers %v", when, d.agent.Servers())
	}
}

// A member whose disk is full goes on, even when it starts like that, and says so once. Once there
// is room it keeps the members that it knows, and finds them after a restart without a join.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	testutil.SmallDisk(t, dir, "1m")
	faketime.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(time.Minute) }) // the library's last goroutines
		if err := testutil.FillDisk(dir, 0); err != nil {
			t.Fatal(err)
		}
		d := &fullDisk{t: t, network: testutil.NewNetwork(), log: &lines{}, dir: dir}
		d.startAgent()
		defer func() { d.server.Stop() }()
		for range 3 {
			d.replace()
		}
		log := d.log.String()
		if n := strings.Count(log, "level=WARN"); n != 1 || !strings.Contains(log, "Free some space") ||
			!strings.Contains(log, "no space left on device") {
			t.Errorf("with a full disk it says %d times:\n%s", n, log)
		}
		d.knows("with a full disk")
		if err := testutil.EmptyDisk(dir); err != nil {
			t.Fatal(err)
		}
		d.replace()
		if n := strings.Count(d.log.String(), "on disk again"); n != 1 {
			t.Errorf("with room on the disk it says %d times:\n%s", n, d.log)
		}
		if err := d.agent.Stop(); err != nil {
			t.Fatal(err)
		}
		d.network.Crash("10.0.1.1")
		d.startAgent()
		defer d.agent.Stop()
		time.Sleep(time.Minute)
		d.knows("after a restart")
	})
}

// A member goes on without the file where it cannot be opened at all, as on a read-only disk.
func TestNothingCanBeKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "gossip.members"), 0o700); err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	m, err := gossip.New(gossip.Config{
		Self: structs.Member{ID: "a", Name: "a", Role: structs.RoleAgent}, Bind: "127.0.0.1", DataDir: dir,
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Stop(); err != nil || !strings.Contains(log.String(), "level=WARN") {
		t.Errorf("stop: %v; it says:\n%s", err, log)
	}
}
