package protocol

import (
	"regexp"
	"strings"
)

// A region stands in every ARN, so nothing that could break one is taken for it.
var regionPattern = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// regionOf reads the region that a caller signed for, from the credential scope of SigV4
// ("AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/ecs/aws4_request, …"); otherwise, where
// there is none.
func regionOf(authorization, otherwise string) string {
	_, rest, found := strings.Cut(authorization, "Credential=")
	if !found {
		return otherwise
	}
	credential, _, _ := strings.Cut(rest, ",")
	scope := strings.Split(strings.TrimSpace(credential), "/")
	// The access key may hold slashes itself; the scope is the last four parts.
	if len(scope) < 5 || scope[len(scope)-1] != "aws4_request" {
		return otherwise
	}
	if region := scope[len(scope)-3]; regionPattern.MatchString(region) {
		return region
	}
	return otherwise
}
