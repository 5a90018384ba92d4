package ec2

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// filterValues returns the values of a machine that a filter compares. If there are none, the
// filter does not match. Gantry has no VPCs, so a search for those of one finds nothing.
type filterValues map[string]func(*machine) []string

func one(value func(*machine) string) func(*machine) []string {
	return func(m *machine) []string {
		if v := value(m); v != "" {
			return []string{v}
		}
		return nil
	}
}

func none(*machine) []string { return nil }

// ofAll has the filters of both operations.
var ofAll = filterValues{
	"availability-zone":  one(func(m *machine) string { return m.Zone }),
	"owner-id":           one(func(m *machine) string { return m.account }),
	"private-dns-name":   one((*machine).hostName),
	"private-ip-address": one((*machine).address),
	"subnet-id":          one(func(m *machine) string { return m.subnet }),
	"vpc-id":             none,
}

// ofInstances has the filters of DescribeInstances alone.
var ofInstances = filterValues{
	"architecture":        one((*machine).architecture),
	"image-id":            one(func(m *machine) string { return m.attribute(attributeImage) }),
	"instance-id":         one(func(m *machine) string { return m.id }),
	"instance-state-code": one(func(m *machine) string { return strconv.Itoa(int(stateCodes[m.state()])) }),
	"instance-state-name": one((*machine).state),
	"instance-type":       one(func(m *machine) string { return m.attribute(attributeType) }),
	"network-interface.addresses.private-ip-address": one((*machine).address),
	"network-interface.network-interface-id": one(func(m *machine) string {
		if m.address() == "" {
			return ""
		}
		return m.interfaceID()
	}),
	"reservation-id": one((*machine).reservationID),
	"tag-key": func(m *machine) (keys []string) {
		for _, t := range m.tags {
			keys = append(keys, t.Key)
		}
		return keys
	},
}

// ofInterfaces has the filters of DescribeNetworkInterfaces alone.
var ofInterfaces = filterValues{
	"addresses.private-ip-address": one((*machine).address),
	"attachment.attachment-id":     one((*machine).attachmentID),
	"attachment.instance-id":       one(func(m *machine) string { return m.id }),
	"attachment.instance-owner-id": one(func(m *machine) string { return m.account }),
	"attachment.status":            one(func(*machine) string { return interfaceAttached }),
	"description":                  none,
	"mac-address":                  one((*machine).mac),
	"network-interface-id":         one((*machine).interfaceID),
	"status":                       one(func(*machine) string { return interfaceInUse }),
	"tag-key":                      none,
}

// tagFilter is the prefix of a filter on the value of a tag.
const tagFilter = "tag:"

// filtered returns the machines that match every filter.
func filtered(machines []*machine, filters []Filter, own filterValues, tags func(*machine) []structs.Tag) ([]*machine, error) {
	for _, f := range filters {
		values := own[f.Name]
		if values == nil {
			values = ofAll[f.Name]
		}
		if key, ok := strings.CutPrefix(f.Name, tagFilter); ok {
			values = one(func(m *machine) string {
				for _, t := range tags(m) {
					if t.Key == key {
						return t.Value
					}
				}
				return ""
			})
		}
		if values == nil {
			known := slices.Sorted(maps.Keys(own))
			known = slices.Sorted(slices.Values(slices.AppendSeq(known, maps.Keys(ofAll))))
			return nil, refusal(codeInvalid, "The filter '%.100s' is invalid. Gantry has %s and tag:KEY.", f.Name, strings.Join(known, ", "))
		}
		if len(f.Values) == 0 {
			return nil, refusal(codeInvalid, "The filter '%s' has no value.", f.Name)
		}
		wanted := pattern(f.Values)
		var left []*machine
		for _, m := range machines {
			if slices.ContainsFunc(values(m), wanted.MatchString) {
				left = append(left, m)
			}
		}
		machines = left
	}
	return machines, nil
}

// pattern returns a pattern that matches any of the values, in which * stands for any characters
// and ? for one.
func pattern(values []string) *regexp.Regexp {
	var each []string
	for _, v := range values {
		v = regexp.QuoteMeta(v)
		each = append(each, strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(v))
	}
	return regexp.MustCompile(`(?s)^(?:` + strings.Join(each, "|") + `)$`)
}
