package match

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// Request is what conditions look at; a proxy.Head is one.
type Request interface {
	Method() string
	Host() string
	Path() string
	Query() string
	Header(name string) []string
	Client() netip.AddrPort
}

// Condition is one condition of a rule, compiled.
type Condition func(Request) bool

// Compile returns the conditions of a rule, compiled: a request must meet them all. Those that
// cannot be met are left out, and are in the error. Source: elbv2, "Condition types for listener
// rules".
func Compile(list []structs.RuleCondition) ([]Condition, error) {
	var out []Condition
	var errs []error
	for _, c := range list {
		condition, err := compile(c)
		if err != nil {
			errs = append(errs, fmt.Errorf("condition %s: %w", c.Field, err))
			continue
		}
		out = append(out, condition)
	}
	return out, errors.Join(errs...)
}

func compile(c structs.RuleCondition) (Condition, error) {
	regex, err := regexes(c)
	if err != nil {
		return nil, err
	}
	switch c.Field {
	case structs.FieldHostHeader:
		values := folded(c.Values)
		return func(r Request) bool {
			host := HostName(r.Host())
			return anyGlob(values, host) || anyRegex(regex, host)
		}, nil
	case structs.FieldPathPattern:
		return func(r Request) bool { return anyGlob(c.Values, r.Path()) || anyRegex(regex, r.Path()) }, nil
	case structs.FieldHTTPHeader:
		values := folded(c.Values)
		return func(r Request) bool {
			return slices.ContainsFunc(r.Header(c.Header), func(v string) bool {
				return anyGlob(values, strings.ToLower(v)) || anyRegex(regex, v)
			})
		}, nil
	case structs.FieldRequestMethod:
		return func(r Request) bool { return slices.Contains(c.Values, r.Method()) }, nil
	case structs.FieldQueryString:
		return query(c.Query), nil
	case structs.FieldSourceIP:
		return source(c.Values)
	}
	return nil, errors.New("the field is not known")
}

// HostName returns a Host header without its port, in lower case.
func HostName(host string) string {
	if end := strings.LastIndexByte(host, ':'); end >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:end]
	}
	return strings.ToLower(host)
}

func folded(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.ToLower(v)
	}
	return out
}

// regexes compiles the values that are regular expressions. They match anywhere, unless they say ^
// or $; those of hosts in any case.
func regexes(c structs.RuleCondition) (list []*regexp.Regexp, err error) {
	for _, text := range c.Regex {
		if c.Field == structs.FieldHostHeader {
			text = "(?i)" + text
		}
		r, err := regexp.Compile(text)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

func anyGlob(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return Glob(p, value) })
}

func anyRegex(list []*regexp.Regexp, value string) bool {
	return slices.ContainsFunc(list, func(r *regexp.Regexp) bool { return r.MatchString(value) })
}

// query is met if any pair matches any parameter. Keys and values are compared after %xx and + are
// decoded, in any case.
func query(pairs []structs.QueryPair) Condition {
	pairs = slices.Clone(pairs)
	for i, p := range pairs {
		pairs[i] = structs.QueryPair{Key: strings.ToLower(p.Key), Value: strings.ToLower(p.Value)}
	}
	return func(r Request) bool {
		for part := range strings.SplitSeq(r.Query(), "&") {
			key, value, _ := strings.Cut(part, "=")
			key, value = decoded(key), decoded(value)
			for _, p := range pairs {
				if (p.Key == "" || Glob(p.Key, key)) && Glob(p.Value, value) && part != "" {
					return true
				}
			}
		}
		return false
	}
}

func decoded(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		text = plain
	}
	return strings.ToLower(text)
}

// source is met by the address of the connection, or the one of the PROXY protocol. X-Forwarded-For
// does not count.
func source(blocks []string) (Condition, error) {
	var prefixes []netip.Prefix
	for _, b := range blocks {
		prefix, err := netip.ParsePrefix(b)
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return func(r Request) bool {
		client := r.Client().Addr().Unmap()
		return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(client) })
	}, nil
}
