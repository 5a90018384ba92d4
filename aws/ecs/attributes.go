package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// maxAttributes is the most attributes that one call takes (ECS).
const maxAttributes = 10

func (c *call) putAttributes(ctx context.Context, in *PutAttributesRequest) (*PutAttributesResponse, error) {
	cluster, attributes, err := c.attributeTargets(in.Cluster, in.Attributes)
	if err != nil {
		return nil, err
	}
	if err := c.control.PutAttributes(ctx, cluster, attributes); err != nil {
		return nil, err
	}
	return &PutAttributesResponse{Attributes: c.targeted(cluster, attributes)}, nil
}

func (c *call) deleteAttributes(ctx context.Context, in *DeleteAttributesRequest) (*DeleteAttributesResponse, error) {
	cluster, attributes, err := c.attributeTargets(in.Cluster, in.Attributes)
	if err != nil {
		return nil, err
	}
	deleted, err := c.control.DeleteAttributes(ctx, cluster, attributes)
	if err != nil {
		return nil, err
	}
	return &DeleteAttributesResponse{Attributes: c.targeted(cluster, deleted)}, nil
}

// attributeTargets resolves the cluster and the instance of each attribute. Instances are the only
// targets, so a short id needs no targetType.
func (c *call) attributeTargets(clusterText string, attributes []structs.Attribute) (cluster string, of []structs.InstanceAttribute, err error) {
	if cluster, err = c.arns.parseCluster(clusterText); err != nil {
		return "", nil, err
	}
	switch n := len(attributes); {
	case n == 0:
		return "", nil, structs.Errorf(structs.KindInvalidParameter, "attributes cannot be empty.")
	case n > maxAttributes:
		return "", nil, tooMany("attributes", maxAttributes)
	}
	for _, a := range attributes {
		if a.TargetId == "" {
			return "", nil, structs.Errorf(structs.KindInvalidParameter, "targetId of attribute '%s' cannot be empty.", a.Name)
		}
		id, err := c.arns.parseMember("targetId", a.TargetId, kindInstance, cluster)
		if err != nil {
			return "", nil, err
		}
		of = append(of, structs.InstanceAttribute{Instance: id, Attribute: structs.Attribute{Name: a.Name, Value: a.Value}})
	}
	return cluster, of, nil
}

// targeted shows attributes with the ARN of their instance.
func (c *call) targeted(cluster string, attributes []structs.InstanceAttribute) []structs.Attribute {
	var out []structs.Attribute
	for _, a := range attributes {
		a.Attribute.TargetId = c.arns.instance(cluster, a.Instance)
		out = append(out, a.Attribute)
	}
	return out
}

func (c *call) listAttributes(ctx context.Context, in *ListAttributesRequest) (*ListAttributesResponse, error) {
	if in.AttributeValue != "" && in.AttributeName == "" {
		return nil, structs.Errorf(structs.KindInvalidParameter, "attributeValue can only be given with attributeName.")
	}
	v, cluster, err := c.readCluster(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	// All ids have the same length, so a page continues at the right place after its last instance
	// and attribute.
	rows := func(yield func(string, string) bool) {
		for i := range v.Instances(cluster) {
			for _, a := range wantedAttributes(i, in) {
				if key := i.ID + " " + a.Name; !yield(key, key) {
					return
				}
			}
		}
	}
	found, next, err := protocol.Listing[string]{Operation: "ListAttributes", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken}.Page()
	out := &ListAttributesResponse{NextToken: next}
	for _, key := range found {
		id, name, _ := strings.Cut(key, " ")
		value, _ := v.Instance(id).Attribute(name)
		out.Attributes = append(out.Attributes, structs.Attribute{Name: name, Value: value, TargetId: c.arns.instance(cluster, id)})
	}
	return out, err
}

// wantedAttributes returns the attributes of an instance that are asked for, by name.
func wantedAttributes(i *structs.ContainerInstance, in *ListAttributesRequest) []structs.Attribute {
	if i.Status == structs.InstanceInactive {
		return nil
	}
	all := slices.DeleteFunc(attributesOf(i), func(a structs.Attribute) bool {
		return in.AttributeName != "" && a.Name != in.AttributeName || in.AttributeValue != "" && a.Value != in.AttributeValue
	})
	slices.SortFunc(all, func(a, b structs.Attribute) int { return strings.Compare(a.Name, b.Name) })
	return all
}
