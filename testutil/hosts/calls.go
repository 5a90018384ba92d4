package hosts

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/gantry-project/gantry/client"
)

const (
	// CallTimeout is the time that a call waits for its answer. The outcome of a call without an
	// answer is unknown.
	CallTimeout = 20 * time.Second
	// leaderWait bounds the wait for a leader.
	leaderWait = 30 * time.Second
)

// calls holds what every call needs: which certificates to trust and how to sign.
type calls struct {
	roots      *x509.CertPool
	id, secret string
}

func (c *calls) trust(caFile string) error {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return err
	}
	c.roots = x509.NewCertPool()
	if !c.roots.AppendCertsFromPEM(pem) {
		return errors.New("the cluster's CA is no certificate")
	}
	return nil
}

// sign reads the access key that gantry bootstrap printed for a shell.
func (c *calls) sign(printed string) error {
	for line := range strings.Lines(printed) {
		name, value, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "export ")), "=")
		switch name {
		case "AWS_ACCESS_KEY_ID":
			c.id = value
		case "AWS_SECRET_ACCESS_KEY":
			c.secret = value
		}
	}
	if c.id == "" || c.secret == "" {
		return fmt.Errorf("gantry bootstrap printed no access key: %s", printed)
	}
	return nil
}

func (c *calls) env() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + c.id, "AWS_SECRET_ACCESS_KEY=" + c.secret}
}

// URL returns the address at which the server takes calls.
func (s *Server) URL() string { return "https://" + s.Address + ":5747" }

// ECS returns a new client of the server that tries once and no more, so that what it reports is
// what happened.
func (s *Server) ECS() *ecs.Client {
	c := s.cluster.calls
	return ecs.New(ecs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.URL()), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(c.id, c.secret, ""),
		HTTPClient: &http.Client{
			Timeout:   CallTimeout,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.roots}, MaxIdleConnsPerHost: 4, IdleConnTimeout: 5 * time.Second},
		},
	})
}

// ELB returns a new client of the server's load balancing API that tries once and no more.
func (s *Server) ELB() *elb.Client {
	of := s.ECS().Options()
	return elb.New(elb.Options{
		Region: of.Region, BaseEndpoint: of.BaseEndpoint, Retryer: of.Retryer, Credentials: of.Credentials, HTTPClient: of.HTTPClient,
	})
}

// Native returns a new client of the server's own API.
func (s *Server) Native() *client.Client {
	c := s.cluster.calls
	return client.New(client.Config{Address: s.URL(), TLS: &tls.Config{RootCAs: c.roots}, Key: client.Key{ID: c.id, Secret: c.secret}})
}

// Ask makes a call at one server after the other until one does not fail.
func (c *Cluster) Ask(ctx context.Context, call func(context.Context, *ecs.Client) error) (err error) {
	for _, s := range c.Servers {
		if s.Ended() {
			continue
		}
		one, cancel := context.WithTimeout(ctx, CallTimeout)
		err = call(one, s.ECS())
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// Leader returns the server that takes itself for the leader, and one that follows. It waits until
// there are both.
func (c *Cluster) Leader(ctx context.Context) (leader, follower *Server, err error) {
	for deadline := time.Now().Add(leaderWait); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for _, s := range c.Servers {
			if !s.Ended() && s.leads(ctx) {
				leader = s
			} else if !s.Ended() {
				follower = s
			}
		}
		if leader != nil && follower != nil {
			return leader, follower, nil
		}
	}
	return nil, nil, errors.New("no server leads")
}

func (s *Server) leads(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	native := s.Native()
	defer native.Close()
	list, err := native.RaftPeers(ctx)
	for _, p := range list.Peers {
		if p.Leader && strings.HasPrefix(p.Address, s.Address+":") {
			return err == nil
		}
	}
	return false
}

// Whole returns what a cluster lacks until every server votes and is up to date and every agent is
// connected; then nil.
func (c *Cluster) Whole(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	for _, s := range c.Servers {
		if s.Ended() {
			return fmt.Errorf("%s has ended: %v", s.Process.Name, s.err)
		}
		native := s.Native()
		list, err := native.RaftPeers(ctx)
		if err != nil {
			return err
		}
		instances, err := native.Instances(ctx, "default")
		native.Close()
		if err != nil {
			return err
		}
		voters, connected := 0, 0
		for _, p := range list.Peers {
			if p.Voter && p.Answers && p.LastContact >= 0 && p.LastContact < 1000 {
				voters++
			}
		}
		for _, i := range instances.Instances {
			if i.AgentConnected {
				connected++
			}
		}
		if voters != len(c.Servers) || len(list.Peers) != voters || connected < len(c.Agents) {
			return fmt.Errorf("as %s has it, %d of %d raft peers are well and %d agents are connected", s.Host.Name, voters, len(list.Peers), connected)
		}
	}
	return nil
}
