package structs

import "strings"

// PolicyKeys are the values of condition keys in a request, by key in lower case. A missing key has
// no value.
type PolicyKeys map[string][]string

// Set adds values to a key. Keys ignore case (IAM), so two that differ only in case are one key
// with the values of both.
func (k PolicyKeys) Set(key string, values ...string) {
	key = strings.ToLower(key)
	k[key] = append(k[key], values...)
}

// keyType is the type of a condition key, which decides which operators it takes.
type keyType int

const (
	keyText keyType = iota
	// String and Arn operators; region and account of ARNs do not count, as in Resource
	keyARN
	keyBool // Bool and String operators, with true and false
)

// The prefixes of condition keys that end with the key of a tag.
const (
	KeyRequestTag     = "aws:RequestTag/"
	KeyResourceTag    = "aws:ResourceTag/"
	KeyECSResourceTag = "ecs:ResourceTag/"
)

// everywhere are the condition keys that every action has (IAM's global keys).
var everywhere = map[string]keyType{
	"aws:username":        keyText,
	"aws:userid":          keyText,
	"aws:principalarn":    keyARN,
	"aws:requestedregion": keyText, // only for signed calls; the caller chooses it
	"aws:securetransport": keyBool,
}

// ofActions are the condition keys that some actions have; ecsActions lists which.
var ofActions = map[string]keyType{
	"aws:tagkeys":                 keyText,
	"ecs:account-setting":         keyText,
	"ecs:capacity-provider":       keyARN,
	"ecs:cluster":                 keyARN,
	"ecs:compute-compatibility":   keyText,
	"ecs:createaction":            keyText,
	"ecs:container-instances":     keyARN,
	"ecs:enable-ebs-volumes":      keyBool,
	"ecs:enable-ecs-managed-tags": keyBool,
	"ecs:enable-execute-command":  keyBool,
	"ecs:enable-service-connect":  keyBool,
	"ecs:enable-vpc-lattice":      keyBool,
	"ecs:privileged":              keyBool,
	"ecs:propagate-tags":          keyText,
	"ecs:service":                 keyARN,
	"ecs:task-definition":         keyARN,
}

// tagPrefix returns the prefix of a condition key about tags, and "" for other keys.
func tagPrefix(key string) string {
	for _, prefix := range []string{KeyRequestTag, KeyResourceTag, KeyECSResourceTag} {
		if len(key) > len(prefix) && strings.EqualFold(key[:len(prefix)], prefix) {
			return prefix
		}
	}
	return ""
}

// typeOfKey returns the type of a condition key, and whether Gantry knows the key.
func typeOfKey(key string) (keyType, bool) {
	if tagPrefix(key) != "" {
		return keyText, true
	}
	if t, ok := everywhere[strings.ToLower(key)]; ok {
		return t, true
	}
	t, ok := ofActions[strings.ToLower(key)]
	return t, ok
}

// hasKey reports whether an action, SERVICE:NAME, has a condition key. Every action on a resource
// has the keys of the resource's tags.
func hasKey(action, key string) bool {
	if _, ok := everywhere[strings.ToLower(key)]; ok {
		return true
	}
	of := actionNamed(action)
	prefix := tagPrefix(key)
	if prefix == KeyResourceTag || prefix == KeyECSResourceTag {
		return of.Any || len(of.Resources) > 0
	}
	for _, has := range of.Keys {
		if strings.EqualFold(has, key) || has == prefix && prefix != "" {
			return true
		}
	}
	return false
}
