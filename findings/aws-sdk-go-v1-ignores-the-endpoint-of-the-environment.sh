#!/usr/bin/env bash
# aws-sdk-go v1: AWS_ENDPOINT_URL, which the aws CLI and the second version of the same SDK follow, changes nothing.
#
# Version     github.com/aws/aws-sdk-go v1.55.8 (the last one) beside github.com/aws/aws-sdk-go-v2/config v1.29.0 and
#             service/sts v1.33.9
# Behaviour   With AWS_ENDPOINT_URL=http://127.0.0.1:9 set, a client of v1 made from a new session still goes to amazonaws.com,
#             without a word; one of v2 goes to the address. Only Config.Endpoint in the program's own code moves v1.
# Why         A tool on v1 that has no option of its own for the endpoint cannot be pointed at a local API, and its credentials
#             and calls go to AWS instead. Many tools still are on v1; whether one is shows in its go.mod alone.
# Seen        2026-11-30, twice:
#             v1 goes to https://sts.us-east-1.amazonaws.com
#             v2 goes to http://127.0.0.1:9
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module finding

go 1.25

require (
	github.com/aws/aws-sdk-go v1.55.8
	github.com/aws/aws-sdk-go-v2/config v1.29.0
	github.com/aws/aws-sdk-go-v2/service/sts v1.33.9
)
END
cat >main.go <<'END'
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
	sts2 "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"
)

func main() {
	fmt.Println("v1 goes to", sts.New(session.Must(session.NewSession())).Endpoint)
	loaded, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	request, err := sts2.NewPresignClient(sts2.NewFromConfig(loaded)).PresignGetCallerIdentity(context.Background(), nil)
	if err != nil {
		panic(err)
	}
	fmt.Println("v2 goes to", request.URL[:len("http://127.0.0.1:9")])
}
END
go mod tidy >/dev/null 2>&1
want="v1 goes to https://sts.us-east-1.amazonaws.com
v2 goes to http://127.0.0.1:9"
got=$(env -u AWS_PROFILE AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true \
	AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1 AWS_STS_REGIONAL_ENDPOINTS=regional \
	AWS_ENDPOINT_URL=http://127.0.0.1:9 go run .)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
