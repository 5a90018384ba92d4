// Package sigv4 signs and verifies requests as AWS's clients do (Signature Version 4):
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	// timeForm is the format of X-Amz-Date.
	timeForm = "20060102T150405Z"
)

// scope is what a signature is valid for: a day, a region and a service.
type scope struct{ date, region, service string }

func (s scope) String() string {
	return s.date + "/" + s.region + "/" + s.service + "/" + terminator
}

// key derives the key of a scope from a secret.
func (s scope) key(secret string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, terminator} {
		key = mac(key, part)
	}
	return key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// signature returns the signature of a request with a body, at a time in timeForm.
func signature(r *http.Request, body []byte, signed []string, s scope, at, secret string) string {
	canonical := canonicalRequest(r, body, signed)
	return hex.EncodeToString(mac(s.key(secret), algorithm+"\n"+at+"\n"+s.String()+"\n"+hash([]byte(canonical))))
}

// canonicalRequest returns the text that is signed. The body's hash is computed here, whatever the
// request says it is.
func canonicalRequest(r *http.Request, body []byte, signed []string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(r.URL) + "\n" + canonicalQuery(r.URL) + "\n")
	for _, name := range signed {
		b.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + hash(body))
	return b.String()
}

// canonicalPath encodes the path, as it was sent, once more. That is the rule for all services
// except S3.
func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		return "/"
	}
	return escape(path, true)
}

// canonicalQuery sorts the parameters by name, then by value, as they are written.
func canonicalQuery(u *url.URL) string {
	var pairs [][]string
	for name, values := range u.Query() {
		for _, v := range values {
			pairs = append(pairs, []string{escape(name, false), escape(v, false)})
		}
	}
	slices.SortFunc(pairs, slices.Compare)
	var texts []string
	for _, p := range pairs {
		texts = append(texts, p[0]+"="+p[1])
	}
	return strings.Join(texts, "&")
}

// canonicalHeader returns the values of a header. Go keeps Host and Content-Length apart from the
// others.
func canonicalHeader(r *http.Request, name string) string {
	switch name {
	case "host":
		if r.Host != "" {
			return r.Host
		}
		return r.URL.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

// escape encodes everything except the unreserved characters of RFC 3986, and slashes if they are
// to stay.
func escape(text string, slashes bool) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 || slashes && c == '/':
			b.WriteByte(c)
		default:
			b.WriteString("%" + string(hexDigits[c>>4]) + string(hexDigits[c&15]))
		}
	}
	return b.String()
}

// Sign signs a request with a key for a service.
func Sign(r *http.Request, body []byte, id, secret, region, service string, now time.Time) {
	at := now.UTC().Format(timeForm)
	r.Header.Set("X-Amz-Date", at)
	signed := []string{"host", "x-amz-date"}
	if r.Header.Get("Content-Type") != "" {
		signed = append([]string{"content-type"}, signed...)
	}
	for _, name := range []string{"x-amz-security-token", "x-amz-target"} {
		if r.Header.Get(name) != "" {
			signed = append(signed, name)
		}
	}
	s := scope{at[:8], region, service}
	r.Header.Set("Authorization", algorithm+" Credential="+id+"/"+s.String()+", SignedHeaders="+strings.Join(signed, ";")+
		", Signature="+signature(r, body, signed, s, at, secret))
}
