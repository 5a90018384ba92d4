package e2e

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/testutil"
)

// patience bounds every wait. It is far longer than anything takes, so that only what hangs fails.
const patience = 90 * time.Second

// dev is a running gantry dev.
type dev struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string
	ecs     *ecs.Client
	log     *logBuffer
	stdout  *logBuffer
	exited  chan struct{}
}

// startDev starts gantry dev on a free port and waits until it says that it is ready. At the end of
// the test it is stopped, and every container of its instance is removed.
func startDev(t *testing.T, args ...string) *dev {
	t.Helper()
	testutil.BuildAppImage(t, testutil.DockerHost(t))
	d := &dev{t: t, log: &logBuffer{}, stdout: &logBuffer{}, exited: make(chan struct{})}
	d.cmd = exec.Command(gantry, append([]string{"dev", "--http-addr", "127.0.0.1:0", "--log-level", "debug"}, args...)...)
	d.cmd.Stderr = d.log
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go d.readStdout(out, address)
	t.Cleanup(func() {
		d.stop()
		if t.Failed() {
			t.Logf("log of gantry dev:\n%s", d.log.tail(200))
		}
	})
	select {
	case d.address = <-address:
	case <-d.exited:
		t.Fatalf("gantry dev ended at its start:\n%s", d.log.tail(50))
	case <-time.After(patience):
		t.Fatalf("gantry dev did not become ready:\n%s", d.log.tail(50))
	}
	d.ecs = ecs.New(ecs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(d.address),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	return d
}

// readStdout looks for the address in the announcement, and waits for the process's end.
func (d *dev) readStdout(out io.Reader, address chan<- string) {
	lines := bufio.NewScanner(io.TeeReader(out, d.stdout))
	for lines.Scan() {
		if a, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "address "); ok {
			address <- strings.TrimSpace(a)
		}
	}
	_ = d.cmd.Wait()
	close(d.exited)
}

// stop ends it as a person would, and waits. It does nothing to a dev that has stopped.
func (d *dev) stop() {
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	d.awaitExit()
}

// kill ends it as a crash would.
func (d *dev) kill() {
	_ = d.cmd.Process.Kill()
	d.awaitExit()
}

func (d *dev) awaitExit() {
	select {
	case <-d.exited:
	case <-time.After(patience):
		d.t.Errorf("gantry dev did not end:\n%s", d.log.tail(50))
		_ = d.cmd.Process.Kill()
	}
}

// logBuffer keeps what a process writes.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// tail returns the last n lines.
func (l *logBuffer) tail(n int) string {
	lines := strings.Split(strings.TrimSpace(l.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
