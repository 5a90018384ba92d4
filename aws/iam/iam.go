// Package iam serves the part of the IAM API that is about roles and their policies. Users and
// groups are Gantry's access keys (gantry key); they are not here.
//
// The *.gen.go files are written by aws/gen from the API's model.
package iam

import (
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// New returns the IAM API.
func New(c *control.Control) protocol.Service {
	f := protocol.Frame[*call]{
		Open:      func(r *protocol.Request) *call { return &call{control: c, account: r.Account, region: r.Region} },
		Authorize: (*call).authorize,
	}
	return protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindConflict:           "ConcurrentModification",
			structs.KindInvalidParameter:   "ValidationError",
			structs.KindResourceNotFound:   "NoSuchEntity",
			structs.KindUnsupportedFeature: "InvalidAction",
		},
		Actions: map[string]protocol.Action{
			"CreateRole":                  protocol.Handle(f, (*call).createRole),
			"DeleteRole":                  protocol.Handle(f, (*call).deleteRole),
			"GetRole":                     protocol.Handle(f, (*call).getRole),
			"ListInstanceProfilesForRole": protocol.Handle(f, (*call).listInstanceProfilesForRole),
			"ListRoles":                   protocol.Handle(f, (*call).listRoles),
			"UpdateAssumeRolePolicy":      protocol.Handle(f, (*call).updateAssumeRolePolicy),
			"UpdateRole":                  protocol.Handle(f, (*call).updateRole),
			"UpdateRoleDescription":       protocol.Handle(f, (*call).updateRoleDescription),

			"AttachRolePolicy":         protocol.Handle(f, (*call).attachRolePolicy),
			"DeleteRolePolicy":         protocol.Handle(f, (*call).deleteRolePolicy),
			"DetachRolePolicy":         protocol.Handle(f, (*call).detachRolePolicy),
			"GetRolePolicy":            protocol.Handle(f, (*call).getRolePolicy),
			"ListAttachedRolePolicies": protocol.Handle(f, (*call).listAttachedRolePolicies),
			"ListRolePolicies":         protocol.Handle(f, (*call).listRolePolicies),
			"PutRolePolicy":            protocol.Handle(f, (*call).putRolePolicy),

			"CreatePolicy":            protocol.Handle(f, (*call).createPolicy),
			"CreatePolicyVersion":     protocol.Handle(f, (*call).createPolicyVersion),
			"DeletePolicy":            protocol.Handle(f, (*call).deletePolicy),
			"DeletePolicyVersion":     protocol.Handle(f, (*call).deletePolicyVersion),
			"GetPolicy":               protocol.Handle(f, (*call).getPolicy),
			"GetPolicyVersion":        protocol.Handle(f, (*call).getPolicyVersion),
			"ListEntitiesForPolicy":   protocol.Handle(f, (*call).listEntitiesForPolicy),
			"ListPolicies":            protocol.Handle(f, (*call).listPolicies),
			"ListPolicyVersions":      protocol.Handle(f, (*call).listPolicyVersions),
			"SetDefaultPolicyVersion": protocol.Handle(f, (*call).setDefaultPolicyVersion),

			"ListPolicyTags": protocol.Handle(f, (*call).listPolicyTags),
			"ListRoleTags":   protocol.Handle(f, (*call).listRoleTags),
			"TagPolicy":      protocol.Handle(f, (*call).tagPolicy),
			"TagRole":        protocol.Handle(f, (*call).tagRole),
			"UntagPolicy":    protocol.Handle(f, (*call).untagPolicy),
			"UntagRole":      protocol.Handle(f, (*call).untagRole),
		},
	}
}

// call is one request in an action.
type call struct {
	control *control.Control
	account string
	region  string
}

// view is the state that an answer is made from. Its rows are never changed.
type view interface {
	Role(name string) *structs.Role
	Roles() iter.Seq[*structs.Role]
	ManagedPolicy(name string) *structs.ManagedPolicy
	ManagedPolicies() iter.Seq[*structs.ManagedPolicy]
	Tags(resource structs.ResourceKey) []structs.Tag
}

// nothing is the response of actions that have none.
type nothing struct{}

// arn returns the ARN of a resource; IAM's have no region.
func (c *call) arn(resource string) string { return "arn:aws:iam::" + c.account + ":" + resource }

// refusal is an error with a code of IAM's own.
func refusal(code, format string, args ...any) error {
	return &protocol.Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

// noBoundary refuses permissions boundaries, which Gantry does not have.
func noBoundary(arn string) error {
	if arn == "" {
		return nil
	}
	return refusal("InvalidInput", "PermissionsBoundary: Gantry has no permissions boundaries; leave it out")
}

// encoded returns a document as IAM's answers have it: URL-encoded by RFC 3986.
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

// maxItems is the most that a page may have, and defaultItems what it has if the caller gives no
// number (IAM).
const (
	maxItems     = 1000
	defaultItems = 100
)

// page returns a page of rows, which are in the order of their keys.
func page[T any](operation string, rows []T, key func(T) string, items *int32, marker string) (results []T, truncated *bool, next string, err error) {
	each := func(yield func(string, T) bool) {
		for _, row := range rows {
			if !yield(key(row), row) {
				return
			}
		}
	}
	results, next, err = protocol.Listing[T]{
		Operation: operation, Rows: each, MaxResults: items, Size: defaultItems, Most: maxItems, Token: marker,
	}.Page()
	return results, new(next != ""), next, err
}
