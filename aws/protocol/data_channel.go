package protocol

import (
	"net/url"
	"strings"
)

// DataChannel returns the URL of a session's data channel at the server that its caller reached.
func DataChannel(endpoint, session string) string {
	return "ws" + strings.TrimPrefix(endpoint, "http") + "/v1/data-channel/" + url.PathEscape(session) + "?role=publish_subscribe"
}
