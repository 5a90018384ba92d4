package protocol

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

const headerTarget = "X-Amz-Target"

// protocolOf returns the protocol that a caller speaks, as far as the headers and the path tell. It
// is also the protocol of the answer if the service is not known.
func protocolOf(r *http.Request) Protocol {
	content, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	signed := scopeOf(r.Header.Get("Authorization"))
	switch {
	case content == (JSON{"1.0"}).contentType():
		return JSON{"1.0"}
	case r.Header.Get(headerTarget) != "" || content == (JSON{"1.1"}).contentType():
		return JSON{"1.1"}
	case content == formContentType && signed.service == "ec2":
		return EC2{}
	case content == formContentType:
		return Query{}
	case r.URL.Path != "/", r.Method == http.MethodGet && signed.service != "":
		return RESTJSON{}
	}
	return JSON{"1.1"}
}

// find fills in the service and the operation that a request asks for, and returns its action.
// X-Amz-Target names both (JSON). The parameter Action names the operation, and the credential
// scope and the parameter Version name the service (Query). Otherwise it is the path, and the
// credential scope if two services have the same path (REST).
func (rt *Router) find(r *http.Request, call *Request, p Protocol, signed scope) (Action, error) {
	var asked string // for people, quoted
	switch p.(type) {
	case JSON:
		target := r.Header.Get(headerTarget)
		if target == "" {
			return nil, unknown(p, "the request has no X-Amz-Target header, which names the operation")
		}
		_, call.Operation, _ = strings.Cut(target, ".")
		asked = strconv.Quote(target)
		call.Service = rt.service(func(s *Service) bool { return s.Targeted(r) })
	case Query, EC2:
		var err error
		if call.form, err = url.ParseQuery(string(call.Body)); err != nil {
			return nil, malformed(p, "the request is not a valid form: "+err.Error())
		}
		version := call.form.Get("Version")
		if call.Operation = call.form.Get("Action"); call.Operation == "" {
			return nil, unknown(p, "the request has no parameter Action, which names the operation")
		}
		call.Service = rt.service(func(s *Service) bool {
			return s.isQuery() && s.Version == version && (signed.service == s.SigningName || signed.service == "" && s.Operations[call.Operation])
		})
		asked = strconv.Quote(strings.TrimPrefix(signed.service+":"+call.Operation, ":"))
		if call.Service == nil {
			asked += fmt.Sprintf(" of version %q", version)
		}
	default:
		asked = strconv.Quote(strings.TrimPrefix(signed.service+": "+r.Method+" "+r.URL.Path, ": "))
		call.query = r.URL.Query()
		call.Service = rt.service(func(s *Service) bool {
			if s.Routes == nil || signed.service != "" && signed.service != s.SigningName {
				return false
			}
			call.Operation, call.labels = s.route(r)
			return call.Operation != ""
		})
	}
	return rt.action(call, p, asked)
}

// service returns the first service that is meant; nil if none is.
func (rt *Router) service(meant func(*Service) bool) *Service {
	if i := slices.IndexFunc(rt.Services, func(s Service) bool { return meant(&s) }); i >= 0 {
		return &rt.Services[i]
	}
	return nil
}

// action returns the action of the operation, or an error that explains that it is not here.
func (rt *Router) action(call *Request, p Protocol, asked string) (Action, error) {
	s := call.Service
	switch {
	case s == nil:
		var names []string
		for _, s := range rt.Services {
			names = append(names, s.Name)
		}
		return nil, unknown(p, fmt.Sprintf("there is no operation %s: Gantry speaks %s", asked, strings.Join(names, ", ")))
	case s.Actions[call.Operation] != nil:
		return s.Actions[call.Operation], nil
	case s.Operations[call.Operation]:
		return nil, structs.Errorf(structs.KindUnsupportedFeature, "operation %s is not supported by this version of Gantry", call.Operation)
	}
	message := "there is no operation " + asked
	if s.isQuery() { // their models need not have all operations
		has := slices.Sorted(maps.Keys(s.Actions))
		message += fmt.Sprintf(": of %s, Gantry has %s", s.Name, strings.Join(has, ", "))
	}
	return nil, unknown(s.Protocol, message)
}

func unknown(p Protocol, message string) error {
	return &Error{Status: p.faults().unknownStatus, Code: p.faults().unknown, Message: message}
}

func (s *Service) isQuery() bool {
	switch s.Protocol.(type) {
	case Query, EC2:
		return true
	}
	return false
}

// route returns the operation that a request's method and path stand for, with the parts of the
// path that stand for members.
func (s *Service) route(r *http.Request) (operation string, labels map[string]string) {
	for name, route := range s.Routes {
		method, path, _ := strings.Cut(route, " ")
		if labels, ok := matchPath(path, r.URL.EscapedPath()); ok && method == r.Method {
			return name, labels
		}
	}
	return "", nil
}

// matchPath compares a path as sent with a pattern such as /schedules/{Name}.
func matchPath(pattern, path string) (labels map[string]string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	labels = map[string]string{}
	for i, part := range want {
		text, err := url.PathUnescape(got[i])
		if err != nil {
			return nil, false
		}
		name, isLabel := strings.CutPrefix(part, "{")
		switch {
		case isLabel && text != "":
			labels[strings.TrimSuffix(name, "}")] = text
		case isLabel || text != part:
			return nil, false
		}
	}
	return labels, true
}

// Targeted reports whether a request names the service in its X-Amz-Target header.
func (a *API) Targeted(r *http.Request) bool {
	prefix, _, _ := strings.Cut(r.Header.Get(headerTarget), ".")
	return a.TargetPrefix != "" && a.TargetPrefix == prefix
}
