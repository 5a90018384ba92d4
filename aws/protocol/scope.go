package protocol

import (
	"regexp"
	"strings"
)

// The region is in every ARN, so a text that could break one is not accepted.
var regionPattern = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// scope is what a caller signed for. Its parts are empty if a request is not signed.
type scope struct{ region, service string }

// scopeOf returns the credential scope of SigV4 in an Authorization header ("AWS4-HMAC-SHA256
// Credential=AKID/20261121/us-east-1/ecs/aws4_request, …").
func scopeOf(authorization string) (s scope) {
	_, rest, found := strings.Cut(authorization, "Credential=")
	if !found {
		return s
	}
	credential, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(strings.TrimSpace(credential), "/")
	// The access key itself may contain slashes; the scope is the last four parts.
	if len(parts) < 5 || parts[len(parts)-1] != "aws4_request" {
		return s
	}
	if region := parts[len(parts)-3]; regionPattern.MatchString(region) {
		s.region = region
	}
	s.service = parts[len(parts)-2]
	return s
}
