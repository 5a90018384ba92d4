package certs

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"

	"github.com/gantry-project/gantry/structs"
)

// ChallengePath begins the paths at which authorities ask over HTTP (RFC 8555, 8.3).
const ChallengePath = "/.well-known/acme-challenge/"

// challengeWait is how long the servers may take to say the answer to a challenge.
const challengeWait = 5 * time.Second

// HTTPChallenge returns the answer to a challenge of HTTP-01. If ok is false the request is an
// ordinary one. host may have a port. HTTP listeners ask it first for paths below ChallengePath.
func (c *Certificates) HTTPChallenge(host, path string) (body string, ok bool) {
	token, isChallenge := strings.CutPrefix(path, ChallengePath)
	if !isChallenge {
		return "", false
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ctx, cancel := context.WithTimeout(context.Background(), challengeWait)
	defer cancel()
	found, err := c.challenge(ctx, strings.TrimSuffix(strings.ToLower(host), "."), acme.ChallengeTypeHTTP01)
	if err != nil || found.Token != token {
		return "", false
	}
	return found.KeyAuthorization, true
}

// challengeCertificate answers a challenge of TLS-ALPN-01.
func (c *Certificates) challengeCertificate(ctx context.Context, name string) (*tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, challengeWait)
	defer cancel()
	found, err := c.challenge(ctx, name, acme.ChallengeTypeTLSALPN01)
	if err != nil {
		return nil, err
	}
	return acmez.TLSALPN01ChallengeCert(found)
}

// challenge returns the present challenge of a kind for a name. Servers are asked about names only
// for which a certificate can be ordered, and only a few at a time: anybody can send such requests.
func (c *Certificates) challenge(ctx context.Context, name, kind string) (acme.Challenge, error) {
	if !slices.Contains(c.table.Load().answer.Names, name) {
		return acme.Challenge{}, fmt.Errorf("no certificate is ordered for %q", name)
	}
	select {
	case c.asks <- struct{}{}:
		defer func() { <-c.asks }()
	case <-ctx.Done():
		return acme.Challenge{}, ctx.Err()
	}
	answer, err := c.servers.ACMECall(ctx, structs.ACMECall{Operation: structs.ACMELoad, Path: structs.ACMEChallenges + name})
	if err != nil {
		return acme.Challenge{}, err
	}
	var found acme.Challenge
	if !answer.Found || json.Unmarshal(answer.Value, &found) != nil || found.Type != kind {
		return acme.Challenge{}, fmt.Errorf("there is no challenge %s for %q", kind, name)
	}
	return found, nil
}

// solver shares the answers to challenges with all ingress instances. It is an acmez.Solver.
type solver struct{ servers Servers }

// Present implements acmez.Solver.
func (s solver) Present(ctx context.Context, challenge acme.Challenge) error {
	value, err := json.Marshal(challenge)
	if err != nil {
		return err
	}
	_, err = s.servers.ACMECall(ctx, structs.ACMECall{Operation: structs.ACMEStore, Path: challengePath(challenge), Value: value})
	return err
}

// CleanUp implements acmez.Solver.
func (s solver) CleanUp(ctx context.Context, challenge acme.Challenge) error {
	_, err := s.servers.ACMECall(ctx, structs.ACMECall{Operation: structs.ACMEDelete, Path: challengePath(challenge)})
	return err
}

func challengePath(challenge acme.Challenge) string {
	return structs.ACMEChallenges + strings.ToLower(challenge.Identifier.Value)
}
