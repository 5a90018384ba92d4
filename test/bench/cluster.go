package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	gantry "github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

// The addresses of the servers, each with the usual ports.
const (
	clusterHost = "127.2.1.%d"
	clusterHTTP = 5747
	clusterSize = 3
)

// cluster is three real servers in three zones, secured, with a caller that has an access key.
type cluster struct {
	binary, dir string
	servers     [clusterSize]*exec.Cmd
	admin       *tls.Config // shows the cluster's own certificate
	calls       *http.Client
	key         structs.NewAccessKey
	written     int // clusters that were made, for their names
}

func newCluster(ctx context.Context, binary string) (c *cluster, err error) {
	c = &cluster{binary: binary}
	if c.dir, err = os.MkdirTemp("", "gantry-bench-"); err != nil {
		return nil, err
	}
	secret := security.NewSecret()
	if err := os.WriteFile(c.secretFile(), []byte(secret.String()+"\n"), 0o600); err != nil {
		return nil, err
	}
	authority, err := secret.Authority()
	if err != nil {
		return nil, err
	}
	c.admin = authority.Server("bench", nil, time.Now).DialServers()
	trust := c.admin.Clone()
	trust.GetClientCertificate = nil // calls are signed, as the aws CLI's are
	c.calls = &http.Client{Transport: &http.Transport{TLSClientConfig: trust, MaxIdleConnsPerHost: 64, DisableCompression: true}}
	for n := range c.servers {
		if err := c.start(n); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	err = c.eventually(ctx, func() bool {
		c.key, err = c.client(0).Bootstrap(ctx)
		return err == nil
	})
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *cluster) secretFile() string { return filepath.Join(c.dir, "cluster.key") }
func serverHost(n int) string         { return fmt.Sprintf(clusterHost, n+1) }
func serverHosts() string {
	return strings.Join([]string{serverHost(0), serverHost(1), serverHost(2)}, ",")
}
func (c *cluster) url(n int) string { return fmt.Sprintf("https://%s:%d", serverHost(n), clusterHTTP) }

// start starts a server, or starts it again.
func (c *cluster) start(n int) error {
	name := fmt.Sprintf("s%d", n+1)
	cmd := exec.Command(c.binary, "server", "--data-dir", filepath.Join(c.dir, name), "--bind", serverHost(n), "--bootstrap-expect", "3",
		"--join", serverHosts(), "--secret-file", c.secretFile(), "--zone", string(rune('a'+n)), "--name", name, "--log-level", "error")
	cmd.Stderr = os.Stderr
	c.servers[n] = cmd
	return cmd.Start()
}

func (c *cluster) close() (err error) {
	for _, s := range c.servers {
		if s != nil && s.Process != nil {
			err = errors.Join(err, s.Process.Kill())
			_ = s.Wait() // it was killed
		}
	}
	return errors.Join(err, os.RemoveAll(c.dir))
}

func (c *cluster) client(n int) *gantry.Client {
	return gantry.New(gantry.Config{Address: c.url(n), TLS: c.admin})
}

// eventually asks until something holds, for at most a minute.
func (c *cluster) eventually(ctx context.Context, holds func() bool) error {
	for end := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(end) {
			return errors.New("the servers did not come to rest within a minute")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// whole waits until all servers have the whole log, and returns the number of the leader.
func (c *cluster) whole(ctx context.Context) (leader int, err error) {
	clients := [clusterSize]*gantry.Client{}
	for n := range clients {
		clients[n] = c.client(n)
		defer clients[n].Close()
	}
	err = c.eventually(ctx, func() bool {
		list, err := clients[0].RaftPeers(ctx)
		if err != nil || len(list.Peers) != clusterSize {
			return false
		}
		leader = -1
		for n, p := range list.Peers { // by name
			if p.Leader {
				leader = n
			}
			if !p.Voter || !p.Answers || p.LastIndex != list.Peers[0].LastIndex {
				return false
			}
		}
		return leader >= 0
	})
	return leader, err
}

// ecs makes a signed call of the ECS API at a server; out may be nil.
func (c *cluster) ecs(ctx context.Context, n int, action string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url(n)+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+action)
	sigv4.Sign(r, body, c.key.ID, c.key.Secret, "us-east-1", "ecs", time.Now())
	resp, err := c.calls.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s: %s", action, resp.Status, answer)
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}

// processor returns the processor time that a process has used.
func processor(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(after)
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	// Linux counts in hundredths of a second.
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// resident returns the resident memory of a process in MiB, heap included.
func resident(pid int) (int, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(raw), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(after)[0])
	return kib >> 10, err
}
