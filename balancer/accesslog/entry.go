package accesslog

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Entry is one request.
type Entry struct {
	Type         string    `json:"type"` // http, https, h2, grpcs, ws or wss, as elbv2 calls it
	Time         time.Time `json:"time"` // when the answer ended
	LoadBalancer string    `json:"elb"`  // app/NAME/ID
	Client       string    `json:"client"`
	Target       string    `json:"target,omitzero"` // host:port; empty: none was reached
	// The times are in seconds; -1: there was no such part.
	RequestTime  float64 `json:"request_processing_time"`
	TargetTime   float64 `json:"target_processing_time"`
	ResponseTime float64 `json:"response_processing_time"`
	Status       int     `json:"elb_status_code"`             // zero: the client went away
	TargetStatus int     `json:"target_status_code,omitzero"` // zero: none
	Received     int64   `json:"received_bytes"`
	Sent         int64   `json:"sent_bytes"`
	Method       string  `json:"request_verb"`
	URL          string  `json:"request_url"`
	Protocol     string  `json:"request_proto"`
	UserAgent    string  `json:"user_agent,omitzero"`
	Cipher       string  `json:"ssl_cipher,omitzero"`
	TLS          string  `json:"ssl_protocol,omitzero"`
	GroupARN     string  `json:"target_group_arn,omitzero"` // its resource part, targetgroup/NAME/ID
	TraceID      string  `json:"trace_id,omitzero"`
	Domain       string  `json:"domain_name,omitzero"` // by SNI, or the Host
	// Priority of the rule; 0: the default one.
	Priority    int       `json:"matched_rule_priority"`
	Created     time.Time `json:"request_creation_time"`
	Actions     string    `json:"actions_executed,omitzero"` // forward, redirect or fixed-response
	Redirect    string    `json:"redirect_url,omitzero"`
	Problem     string    `json:"error_reason,omitzero"` // for people
	Class       string    `json:"classification,omitzero"`
	ClassReason string    `json:"classification_reason,omitzero"`
}

// stamp is ISO 8601 with microseconds, in UTC.
const stamp = "2006-01-02T15:04:05.000000Z"

// appendJSON adds the entry as one line of JSON.
func (e *Entry) appendJSON(to []byte) []byte {
	text, err := json.Marshal(e)
	if err != nil {
		return to // it has no member that cannot be encoded
	}
	return append(append(to, text...), '\n')
}

// appendALB adds the entry as a line with the fields of elbv2, in their order. Source: elbv2,
// "Access log entries".
func (e *Entry) appendALB(to []byte) []byte {
	fields := []string{
		e.Type, e.Time.UTC().Format(stamp), e.LoadBalancer, e.Client, dash(e.Target),
		took(e.RequestTime), took(e.TargetTime), took(e.ResponseTime), status(e.Status), status(e.TargetStatus),
		strconv.FormatInt(e.Received, 10), strconv.FormatInt(e.Sent, 10),
		quote(e.Method + " " + e.URL + " " + e.Protocol), quote(dash(e.UserAgent)), dash(e.Cipher), dash(e.TLS),
		dash(e.GroupARN), quote(dash(e.TraceID)), quote(dash(e.Domain)), quote("-"),
		strconv.Itoa(e.Priority), e.Created.UTC().Format(stamp), quote(dash(e.Actions)), quote(dash(e.Redirect)),
		quote("-"), quote(dash(e.Target)), quote(status(e.TargetStatus)), quote(dash(e.Class)), quote(dash(e.ClassReason)),
	}
	for i, f := range fields {
		if i > 0 {
			to = append(to, ' ')
		}
		to = append(to, f...)
	}
	return append(to, '\n')
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func took(seconds float64) string {
	if seconds < 0 {
		return "-1"
	}
	return strconv.FormatFloat(seconds, 'f', 3, 64)
}

func status(code int) string {
	if code == 0 {
		return "-"
	}
	return strconv.Itoa(code)
}

// quote puts a field in quotes. What a client sent must not end the field or the line: quotes,
// backslashes and bytes that are no plain ASCII are written as \xNN.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			const hex = "0123456789ABCDEF"
			b.WriteString(`\x`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(text[i])
	}
	b.WriteByte('"')
	return b.String()
}
