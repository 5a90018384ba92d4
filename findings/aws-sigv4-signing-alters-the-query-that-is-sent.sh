#!/usr/bin/env bash
# AWS SDK for Go v2, the public SigV4 signer: signing a request alters the query that the server gets. Repeated parameters
# change their order, and a parameter with a semicolon is gone, with no error.
#
# Version     github.com/aws/aws-sdk-go-v2/aws/signer/v4 of github.com/aws/aws-sdk-go-v2 v1.48.0, Go 1.26
# Behaviour   SignHTTP parses the query, makes its canonical form, signs that, and also puts it in the place of the request's
#             own (req.URL.RawQuery). The canonical form sorts the values of a repeated parameter: tag=b&tag=a is sent as
#             tag=a&tag=b. And Go's parser, url.URL.Query, leaves out what it does not like without a word; since Go 1.17
#             that is every parameter with a ";", which RFC 3986 allows in a query and which Go's own HTTP client sends as
#             it is. The signature is right all the same: what is sent is what was signed.
# Why         Signing is taken for something that adds headers ("modified in place", says its comment). A client or a proxy
#             that signs requests for somebody loses the caller's order and the caller's parameters (a filter is gone, and
#             the answer is the unfiltered list), and no status tells: the signature is right. Write ";" as %3B before
#             signing, keep nothing in the order of repeated parameters, and compare the query before and after.
# Seen        2026-11-29, three times:
#             tag=b&tag=a: sent unsigned tag=b&tag=a, signed tag=a&tag=b
#             filter=x;y&limit=1: sent unsigned filter=x;y&limit=1, signed limit=1
#             filter=x%3By&limit=1: sent unsigned filter=x%3By&limit=1, signed filter=x%3By&limit=1
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module finding

go 1.25

require github.com/aws/aws-sdk-go-v2 v1.48.0
END
cat >main.go <<'END'
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

func main() {
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.URL.RawQuery }))
	defer server.Close()
	empty := sha256.Sum256(nil)
	key := aws.Credentials{AccessKeyID: "example", SecretAccessKey: "example"}

	send := func(query string, sign bool) string {
		req, err := http.NewRequest(http.MethodGet, server.URL+"/?"+query, nil)
		if err == nil && sign {
			err = v4.NewSigner().SignHTTP(context.Background(), key, req, hex.EncodeToString(empty[:]), "ecs", "us-east-1", time.Now())
		}
		if err != nil {
			return err.Error()
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err.Error()
		}
		resp.Body.Close()
		return <-got
	}
	for _, query := range []string{"tag=b&tag=a", "filter=x;y&limit=1", "filter=x%3By&limit=1"} {
		fmt.Printf("%s: sent unsigned %s, signed %s\n", query, send(query, false), send(query, true))
	}
}
END
go mod tidy >/dev/null 2>&1
want='tag=b&tag=a: sent unsigned tag=b&tag=a, signed tag=a&tag=b
filter=x;y&limit=1: sent unsigned filter=x;y&limit=1, signed limit=1
filter=x%3By&limit=1: sent unsigned filter=x%3By&limit=1, signed filter=x%3By&limit=1'
got=$(go run .)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-29 it was:\n%s\n' "$want" >&2; exit 1; }
