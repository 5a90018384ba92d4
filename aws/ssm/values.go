package ssm

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

// value returns what a caller sees of a value: that of a SecureString only with WithDecryption.
func value(v *structs.ParameterVersion, content string, decrypt *bool) string {
	if v.Type == structs.ParameterSecure && (decrypt == nil || !*decrypt) {
		return base64.StdEncoding.EncodeToString(v.Value.Content)
	}
	return content
}

func (c *call) render(p vault.OpenedParameter, decrypt *bool) Parameter {
	return Parameter{
		ARN: c.arn(p.Parameter.Name), Name: p.Parameter.Name, Type: p.Version.Type, Value: value(p.Version, p.Content, decrypt),
		Version: p.Version.Number, Selector: p.Selector, LastModifiedDate: p.Version.ModifiedAt, DataType: dataTypeText,
	}
}

func (c *call) getParameter(ctx context.Context, in *GetParameterRequest) (*GetParameterResult, error) {
	p, err := c.vault.Parameter(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	out := c.render(p, in.WithDecryption)
	return &GetParameterResult{Parameter: &out}, nil
}

func (c *call) getParameters(ctx context.Context, in *GetParametersRequest) (*GetParametersResult, error) {
	snap, err := c.vault.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &GetParametersResult{}
	for _, name := range in.Names {
		p, err := c.vault.ParameterIn(snap, name)
		switch structs.KindOf(err) {
		case structs.KindResourceNotFound, structs.KindMissingVersion:
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, c.render(p, in.WithDecryption))
	}
	return out, nil
}

// The most parameters of a page (Systems Manager).
const (
	maxByPath = 10
	maxPage   = 50
)

func (c *call) getParametersByPath(ctx context.Context, in *GetParametersByPathRequest) (*GetParametersByPathResult, error) {
	if !strings.HasPrefix(in.Path, "/") {
		return nil, structs.Errorf(structs.KindInvalidParameter, "The parameter path must begin with a slash: '%s'", in.Path)
	}
	recursive := in.Recursive != nil && *in.Recursive
	filters, err := readFilters(in.ParameterFilters, "Type", "KeyId", "Label")
	if err != nil {
		return nil, err
	}
	snap, err := c.vault.Read(ctx)
	if err != nil {
		return nil, err
	}
	prefix := under(in.Path)
	if in.Path == "/" {
		prefix = "" // names without a slash are at the top too
	}
	var failed error
	rows := func(yield func(string, Parameter) bool) {
		for p := range snap.Parameters(prefix) {
			if !below(p.Name, in.Path, recursive) || !filters.match(snap, p) {
				continue
			}
			opened := vault.OpenedParameter{Parameter: p, Version: p.Latest()}
			if label := filters.label(p); label != "" {
				opened.Version, opened.Selector = p.Selected(label), ":"+label
			}
			if opened.Content, failed = c.vault.Open(snap, p, opened.Version); failed != nil || !yield(p.Name, c.render(opened, in.WithDecryption)) {
				return
			}
		}
	}
	list, next, err := protocol.Listing[Parameter]{
		Operation: "GetParametersByPath " + in.Path, Rows: rows, MaxResults: in.MaxResults, Most: maxByPath, Token: in.NextToken,
	}.Page()
	if failed != nil {
		return nil, failed
	}
	return &GetParametersByPathResult{Parameters: list, NextToken: next}, err
}

// under returns the beginning of the names below a path.
func under(path string) string { return strings.TrimRight(path, "/") + "/" }

func (c *call) getParameterHistory(ctx context.Context, in *GetParameterHistoryRequest) (*GetParameterHistoryResult, error) {
	p, err := c.vault.FindParameter(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	snap, err := c.vault.Read(ctx)
	if err != nil {
		return nil, err
	}
	var failed error
	rows := func(yield func(string, ParameterHistory) bool) {
		for n := range p.Versions {
			v := &p.Versions[n]
			content, err := c.vault.Open(snap, p, v)
			if failed = err; err != nil {
				return
			}
			row := ParameterHistory{
				Name: p.Name, Version: v.Number, Type: v.Type, KeyId: v.KeyID, Description: v.Description, AllowedPattern: v.AllowedPattern,
				Tier: v.Tier, DataType: dataTypeText, Labels: v.Labels, LastModifiedDate: v.ModifiedAt,
				LastModifiedUser: c.arns.Principal(v.ModifiedBy), Value: value(v, content, in.WithDecryption),
			}
			if !yield(fmt.Sprintf("%020d", v.Number), row) {
				return
			}
		}
	}
	list, next, err := protocol.Listing[ParameterHistory]{
		Operation: "GetParameterHistory " + p.Name, Rows: rows, MaxResults: in.MaxResults, Most: maxPage, Token: in.NextToken,
	}.Page()
	if failed != nil {
		return nil, failed
	}
	return &GetParameterHistoryResult{Parameters: list, NextToken: next}, err
}
