package ecs

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// keyValues returns, for each condition key of ECS, its values in a request; none if the request
// does not have the key.
var keyValues = map[string]func(*authorization) ([]string, error){
	"ecs:account-setting":         func(a *authorization) ([]string, error) { return given(a.text("Name")), nil },
	"ecs:capacity-provider":       (*authorization).providers,
	"ecs:cluster":                 (*authorization).cluster,
	"ecs:compute-compatibility":   func(a *authorization) ([]string, error) { return a.list("RequiresCompatibilities"), nil },
	"ecs:container-instances":     (*authorization).instances,
	"ecs:enable-ebs-volumes":      func(a *authorization) ([]string, error) { return a.any("VolumeConfigurations"), nil },
	"ecs:enable-ecs-managed-tags": func(a *authorization) ([]string, error) { return a.truth("EnableECSManagedTags"), nil },
	"ecs:enable-execute-command":  func(a *authorization) ([]string, error) { return a.truth("EnableExecuteCommand"), nil },
	"ecs:enable-service-connect":  (*authorization).serviceConnect,
	"ecs:enable-vpc-lattice":      func(a *authorization) ([]string, error) { return a.any("VpcLatticeConfigurations"), nil },
	"ecs:privileged":              (*authorization).privileged,
	"ecs:propagate-tags":          func(a *authorization) ([]string, error) { return given(a.text("PropagateTags")), nil },
	"ecs:service":                 (*authorization).service,
	"ecs:task-definition":         (*authorization).taskDefinition,
	// on the tags of a new resource (authorize_tags.go)
	"ecs:CreateAction": func(*authorization) ([]string, error) { return nil, nil },
	"aws:TagKeys":      (*authorization).tagKeys,
}

// keys returns the condition keys of the request that are the same for all its resources.
func (a *authorization) keys(action structs.PolicyAction) (structs.PolicyKeys, error) {
	out := structs.PolicyKeys{}
	out.Set("aws:RequestedRegion", a.arns.Region)
	for _, key := range action.Keys {
		if key == structs.KeyRequestTag {
			for _, t := range a.tags() {
				out.Set(structs.KeyRequestTag+t.Key, t.Value)
			}
			continue
		}
		values, err := keyValues[key](a)
		if err != nil {
			return nil, err
		}
		if len(values) > 0 {
			out.Set(key, values...)
		}
	}
	return out, nil
}

// resource adds to the request's keys those of one resource: its tags, and its cluster and service
// if only an ARN names them.
func (a *authorization) resource(key structs.ResourceKey, action structs.PolicyAction, of structs.PolicyKeys) control.Resource {
	keys := maps.Clone(of)
	for _, t := range a.view.Tags(key) {
		keys.Set(structs.KeyResourceTag+t.Key, t.Value)
		keys.Set(structs.KeyECSResourceTag+t.Key, t.Value)
	}
	if parts := strings.Split(key, "/"); !a.request.FieldByName("Cluster").IsValid() && len(parts) > 2 && slices.Contains(action.Keys, "ecs:cluster") {
		keys.Set("ecs:cluster", a.arns.cluster(parts[1]))
		keys.Set("ecs:service", a.arns.service(parts[1], parts[2]))
	}
	return control.Resource{ARN: a.arns.Of(key), Keys: keys}
}

func given(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// list returns a member that is a list of strings.
func (a *authorization) list(member string) []string {
	texts, _ := a.request.FieldByName(member).Interface().([]string)
	return texts
}

// truth returns a member that is a boolean; nothing if it is optional and absent.
func (a *authorization) truth(member string) []string {
	switch v := a.request.FieldByName(member).Interface().(type) {
	case bool:
		return []string{strconv.FormatBool(v)}
	case *bool:
		if v != nil {
			return []string{strconv.FormatBool(*v)}
		}
	}
	return nil
}

// any reports whether a list has any items. An update without the list leaves it as it is, so it
// has no value.
func (a *authorization) any(member string) []string {
	v := a.request.FieldByName(member)
	if !v.IsValid() || v.IsNil() && a.request.Type() == reflect.TypeFor[UpdateServiceRequest]() {
		return nil
	}
	return []string{strconv.FormatBool(v.Len() > 0)}
}

func (a *authorization) serviceConnect() ([]string, error) {
	c, _ := a.request.FieldByName("ServiceConnectConfiguration").Interface().(*ServiceConnectConfiguration)
	if c == nil {
		return nil, nil
	}
	return []string{strconv.FormatBool(c.Enabled)}, nil
}

func (a *authorization) privileged() ([]string, error) {
	definitions, _ := a.request.FieldByName("ContainerDefinitions").Interface().([]structs.ContainerDefinition)
	return []string{strconv.FormatBool(slices.ContainsFunc(definitions, func(d structs.ContainerDefinition) bool {
		return d.Privileged != nil && *d.Privileged
	}))}, nil
}

func (a *authorization) cluster() ([]string, error) {
	if !a.request.FieldByName("Cluster").IsValid() {
		return nil, nil // each resource has its own
	}
	name, err := a.arns.parseCluster(a.text("Cluster"))
	return []string{a.arns.cluster(name)}, err
}

func (a *authorization) service() ([]string, error) {
	if a.text("Service") == "" {
		return nil, nil
	}
	key, err := a.key(kindService, "service", a.text("Service"))
	return []string{a.arns.Of(key)}, err
}

func (a *authorization) taskDefinition() ([]string, error) {
	if a.text("TaskDefinition") == "" {
		return nil, nil
	}
	key, err := a.definition("taskDefinition", a.text("TaskDefinition"))
	return []string{a.arns.Of(key)}, err
}

func (a *authorization) instances() (out []string, err error) {
	for _, text := range a.list("ContainerInstances") {
		key, err := a.key(kindInstance, "containerInstances", text)
		if err != nil {
			return nil, err
		}
		out = append(out, a.arns.Of(key))
	}
	return out, nil
}

// providers returns the capacity providers that a request names, in a strategy or for a cluster.
func (a *authorization) providers() (out []string, err error) {
	var texts []string
	for _, member := range []string{"CapacityProviders", "CapacityProviderStrategy", "DefaultCapacityProviderStrategy"} {
		field := a.request.FieldByName(member)
		if !field.IsValid() {
			continue
		}
		switch v := field.Interface().(type) {
		case []string:
			texts = append(texts, v...)
		case []structs.CapacityProviderStrategyItem:
			for _, item := range v {
				texts = append(texts, item.CapacityProvider)
			}
		}
	}
	for _, text := range texts {
		name, err := a.arns.name("capacityProvider", text, kindProvider)
		if err != nil {
			return nil, err
		}
		out = append(out, a.arns.provider(name))
	}
	return out, nil
}

func (a *authorization) tags() []structs.Tag {
	tags, _ := a.request.FieldByName("Tags").Interface().([]structs.Tag)
	return tags
}

func (a *authorization) tagKeys() (out []string, err error) {
	if a.request.FieldByName("TagKeys").IsValid() {
		return a.list("TagKeys"), nil
	}
	for _, t := range a.tags() {
		out = append(out, t.Key)
	}
	return out, nil
}
