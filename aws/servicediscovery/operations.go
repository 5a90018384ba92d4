package servicediscovery

import (
	"context"
	"encoding/base32"
	"slices"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// operation is what a call did. Nothing of it is stored: its id has everything that GetOperation
// says.
type operation struct {
	kind string // one of those below
	id   string // of what it was done to
	at   structs.Time
}

// The types of operations, each with the kind of its target after it.
const (
	createNamespace    = "CREATE_NAMESPACE/NAMESPACE"
	deleteNamespace    = "DELETE_NAMESPACE/NAMESPACE"
	updateService      = "UPDATE_SERVICE/SERVICE"
	registerInstance   = "REGISTER_INSTANCE/INSTANCE"
	deregisterInstance = "DEREGISTER_INSTANCE/INSTANCE"
)

var operationKinds = []string{createNamespace, deleteNamespace, updateService, registerInstance, deregisterInstance}

var operationText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// String returns the operation's id.
func (o operation) String() string {
	kind := strconv.Itoa(slices.Index(operationKinds, o.kind))
	return operationText.EncodeToString([]byte(kind + "/" + strconv.FormatInt(int64(o.at), 36) + "/" + o.id))
}

// parseOperation reads an operation's id.
func parseOperation(text string) (operation, bool) {
	raw, err := operationText.DecodeString(text)
	parts := strings.SplitN(string(raw), "/", 3)
	if err != nil || len(parts) != 3 {
		return operation{}, false
	}
	kind, err := strconv.Atoi(parts[0])
	at, err2 := strconv.ParseInt(parts[1], 36, 64)
	if err != nil || err2 != nil || kind < 0 || kind >= len(operationKinds) {
		return operation{}, false
	}
	return operation{kind: operationKinds[kind], id: parts[2], at: structs.Time(at)}, true
}

const statusSuccess = "SUCCESS"

func (c *call) getOperation(_ context.Context, in *GetOperationRequest) (*GetOperationResponse, error) {
	o, ok := parseOperation(in.OperationId)
	if !ok {
		return nil, refusal(codeNoOperation, "Can't find operation.")
	}
	kind, target, _ := strings.Cut(o.kind, "/")
	return &GetOperationResponse{Operation: &Operation{
		Id: in.OperationId, Type: kind, Status: statusSuccess, CreateDate: o.at, UpdateDate: o.at, OwnerAccount: c.arns.Account,
		Targets: map[string]string{target: o.id},
	}}, nil
}

// listOperations lists those that made what there is: the others are not kept.
func (c *call) listOperations(ctx context.Context, in *ListOperationsRequest) (*ListOperationsResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, operation) bool) {
		for n := range v.Namespaces() {
			if !yield(n.ID, operation{kind: createNamespace, id: n.ID, at: n.CreatedAt}) {
				return
			}
		}
		for s := range v.DiscoveryServices() {
			for i := range v.DiscoveryInstances(s.ID) {
				if !yield(s.ID+"/"+i.ID, operation{kind: registerInstance, id: i.ID, at: i.At}) {
					return
				}
			}
		}
	}
	wanted := func(yield func(string, operation) bool) {
		for key, o := range rows {
			kind, target, _ := strings.Cut(o.kind, "/")
			fields := map[string]string{"STATUS": statusSuccess, "TYPE": kind, target + "_ID": o.id}
			if c.matches(fields, operationFilters(in.Filters)) && !yield(key, o) {
				return
			}
		}
	}
	page, next, err := protocol.Listing[operation]{Operation: "ListOperations", Rows: wanted, MaxResults: in.MaxResults, Token: in.NextToken}.Page()
	if err != nil {
		return nil, err
	}
	out := &ListOperationsResponse{NextToken: next}
	for _, o := range page {
		out.Operations = append(out.Operations, OperationSummary{Id: o.String(), Status: statusSuccess})
	}
	return out, nil
}

func operationFilters(filters []OperationFilter) (out []NamespaceFilter) {
	for _, f := range filters {
		out = append(out, NamespaceFilter(f))
	}
	return out
}
