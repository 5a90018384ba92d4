package protocol

import (
	"cmp"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// DefaultAccount is in ARNs if no account is configured.
const DefaultAccount = "000000000000"

// DefaultRegion is in ARNs of callers that do not sign, if no region is configured.
const DefaultRegion = "us-east-1"

// partition is that of every ARN.
const partition = "aws"

// ARNs builds and reads the ARNs of one service for one caller.
//
// One rule holds for every ARN in a request: it begins as the ARNs that this caller is given (the
// partition aws, the region that the call is signed for, the account of the installation), and it
// is of the kind that the argument takes. What differs is refused in ECS's words.
type ARNs struct{ Service, Region, Account string }

// ARNs returns the ARNs of the request's caller.
func (r *Request) ARNs() ARNs { return ARNs{r.Service.SigningName, r.Region, r.Account} }

// Of returns the ARN of a resource.
func (a ARNs) Of(key structs.ResourceKey) string {
	return "arn:" + partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + key
}

// Principal returns the ARN of who did something. If callers are not identified, everybody is the
// account's root.
func (a ARNs) Principal(arn string) string {
	return cmp.Or(arn, "arn:"+partition+":iam::"+a.Account+":root")
}

// Split returns the kind and the rest of the resource that an ARN names.
func (a ARNs) Split(argument, text string) (kind, rest string, err error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != a.Service {
		return "", "", structs.Errorf(structs.KindInvalidParameter,
			"%s: '%s' is not an ARN of %s; one looks like %s", argument, text, strings.ToUpper(a.Service), a.Of("KIND/NAME"))
	}
	switch {
	case parts[1] != partition:
		return "", "", structs.Errorf(structs.KindInvalidParameter,
			"Invalid partition in ARN. %s: '%s' is in partition %s; use %s.", argument, text, parts[1], partition)
	case parts[3] != a.Region:
		return "", "", structs.Errorf(structs.KindInvalidParameter,
			"Invalid Region in ARN. %s: '%s' is in region %s, and the call is for %s.", argument, text, parts[3], a.Region)
	case parts[4] != a.Account:
		return "", "", OtherAccount(argument, text, parts[4], a.Account)
	}
	kind, rest, _ = strings.Cut(parts[5], "/")
	return kind, rest, nil
}

// OtherAccount is the error for an ARN of an account that is not this installation's.
func OtherAccount(argument, text, found, account string) error {
	return structs.Errorf(structs.KindInvalidParameter,
		"Invalid account in ARN. %s: '%s' is of account %s, and the account here is %s.", argument, text, found, account)
}

// Path returns the parts of a resource's name in an argument, which is NAME, KIND/NAME or an ARN.
// NAME has at most the given number of parts.
func (a ARNs) Path(argument, text, kind string, most int) ([]string, error) {
	rest := strings.TrimPrefix(text, kind+"/")
	if strings.HasPrefix(text, "arn:") {
		found, inARN, err := a.Split(argument, text)
		if err != nil {
			return nil, err
		}
		if found != kind {
			return nil, structs.Errorf(structs.KindInvalidParameter,
				"Unsupported resource type: %s. %s: '%s' is not the ARN of a %s.", found, argument, text, kind)
		}
		rest = inARN
	}
	parts := strings.Split(rest, "/")
	for _, part := range parts {
		if strings.TrimSpace(part) == "" {
			return nil, Blank(argument, text)
		}
	}
	if len(parts) > most {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"Invalid identifier: Unexpected number of separators. %s: '%s' is neither the name nor the ARN of a %s.", argument, text, kind)
	}
	return parts, nil
}

// Blank is the error for an argument, or an item of one, that is empty.
func Blank(argument, text string) error {
	return structs.Errorf(structs.KindInvalidParameter,
		"%s can not be blank. It is '%s'; give a name or an ARN.", strings.ToUpper(argument[:1])+argument[1:], text)
}
