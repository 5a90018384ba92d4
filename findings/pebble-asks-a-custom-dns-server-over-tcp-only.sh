#!/usr/bin/env bash
# Pebble, Let's Encrypt's test authority: with -dnsserver every lookup goes over TCP, and UDP is never tried.
#
# Version     github.com/letsencrypt/pebble/v2 v2.10.3, github.com/mholt/acmez/v3 v3.1.7, github.com/miekg/dns v1.1.73, Go 1.26
# Behaviour   The validation of an order by HTTP-01 asks the server that -dnsserver names for A, AAAA and CAA records over TCP alone.
#             A server that listens on UDP alone gets nothing, and the order fails with a DNS problem: connection refused.
# Why         The fake DNS server of a test is usually ten lines on a UDP socket, and answers dig. The order then fails with a
#             message about the name, so one looks for the fault in the records, or in the ACME client.
# Seen        2026-11-30, twice:
#             UDP alone: 0 queries by UDP, order failed
#             UDP and TCP: 0 queries by UDP, some by TCP, order ok
set -euo pipefail
dir=$(mktemp -d)
pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait; chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'END'
module finding

go 1.26

require (
	github.com/letsencrypt/pebble/v2 v2.10.3
	github.com/mholt/acmez/v3 v3.1.7
	github.com/miekg/dns v1.1.73
)
END
cat >main.go <<'END'
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
	"github.com/miekg/dns"
)

// solver serves the answer to a challenge by HTTP.
type solver struct{ answers sync.Map }

func (s *solver) Present(_ context.Context, c acme.Challenge) error {
	s.answers.Store(c.HTTP01ResourcePath(), c.KeyAuthorization)
	return nil
}

func (s *solver) CleanUp(context.Context, acme.Challenge) error { return nil }

func main() {
	directory, dnsAddress, httpAddress, kinds := os.Args[1], os.Args[2], os.Args[3], os.Args[4:]
	var asked [2]atomic.Int64
	for n, kind := range []string{"udp", "tcp"} {
		if n == 1 && len(kinds) == 0 {
			continue
		}
		server := &dns.Server{Addr: dnsAddress, Net: kind, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			asked[n].Add(1)
			m := new(dns.Msg)
			m.SetReply(q)
			if q.Question[0].Qtype == dns.TypeA {
				m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(127, 0, 0, 1)}}
			}
			_ = w.WriteMsg(m)
		})}
		go server.ListenAndServe()
	}
	s := &solver{}
	go http.ListenAndServe(httpAddress, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := s.answers.Load(r.URL.Path); ok {
			fmt.Fprint(w, text)
		}
	}))
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	client := acmez.Client{
		Client: &acme.Client{Directory: directory, HTTPClient: &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the test authority's own
		}}, PollTimeout: 20 * time.Second},
		ChallengeSolvers: map[string]acmez.Solver{acme.ChallengeTypeHTTP01: s},
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	account, err := client.NewAccount(ctx, acme.Account{TermsOfServiceAgreed: true, PrivateKey: key})
	if err != nil {
		fmt.Println("no account:", err)
		return
	}
	certKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, err = client.ObtainCertificateForSANs(ctx, account, certKey, []string{"www.example.test"})
	order, byTCP := "ok", ""
	if err != nil {
		order = "failed"
	}
	if asked[1].Load() > 0 {
		byTCP = ", some by TCP"
	}
	fmt.Printf("%d queries by UDP%s, order %s\n", asked[0].Load(), byTCP, order)
}
END
cat >tools.go <<'END'
//go:build tools

package main

import _ "github.com/letsencrypt/pebble/v2/cmd/pebble"
END
go mod tidy >/dev/null 2>&1
go build -o client main.go
go build -o pebble github.com/letsencrypt/pebble/v2/cmd/pebble
certs=$(go list -m -f '{{.Dir}}' github.com/letsencrypt/pebble/v2)/test/certs/localhost

# run PORT [TCP] has an order made by a Pebble at PORT, whose DNS server has PORT+2.
run() {
	cat >config.json <<END
{"pebble": {"listenAddress": "127.0.0.1:$1", "managementListenAddress": "127.0.0.1:$(($1 + 1))", "certificate": "$certs/cert.pem",
	"privateKey": "$certs/key.pem", "httpPort": $(($1 + 3)), "tlsPort": $(($1 + 4)), "ocspResponderURL": "", "externalAccountBindingRequired": false}}
END
	PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 ./pebble -config config.json -dnsserver "127.0.0.1:$(($1 + 2))" >pebble.log 2>&1 &
	pids+=($!)
	for _ in $(seq 100); do
		! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || break
		sleep 0.1
	done
	./client "https://127.0.0.1:$1/dir" "127.0.0.1:$(($1 + 2))" "127.0.0.1:$(($1 + 3))" "${@:2}"
}
want="UDP alone: 0 queries by UDP, order failed
UDP and TCP: 0 queries by UDP, some by TCP, order ok"
port=$((20000 + RANDOM % 10000))
run $port >one
run $((port + 10)) tcp >two
got="UDP alone: $(cat one)
UDP and TCP: $(cat two)"
echo "$got"
[ "$got" = "$want" ] || { echo "it was: $want" >&2; exit 1; }
