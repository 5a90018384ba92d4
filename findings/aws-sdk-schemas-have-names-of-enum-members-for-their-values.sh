#!/usr/bin/env bash
# AWS SDK for Go v2: the public package `schemas` of ECS looks like the whole model and is not. An enum in it lists the
# names that the model gives its members, which for a third of the enums are not the values; and nothing says what is required.
#
# Version     github.com/aws/aws-sdk-go-v2/service/ecs v1.105.1 with github.com/aws/smithy-go v1.28.9
# Behaviour   Every operation, structure and member has a schema, and schemas.LaunchType has the members EC2, FARGATE, EXTERNAL,
#             MANAGED_INSTANCES: just the values. But schemas.NetworkMode has AWSVPC, BRIDGE, HOST, NONE, where the values are
#             awsvpc, bridge, host, none; Smithy's trait enumValue, which would say so, is left out, as are required, length,
#             range and pattern. All of ECS has five kinds of traits, those that serializing needs.
# Why         Who makes a server, a fake or a validator from the schemas, and tries it with launchType, finds that it works.
#             It then refuses the valid networkMode "awsvpc", every logDriver and every ulimit name, and takes a CreateService
#             without its serviceName. Values are found with types.NetworkMode("").Values(), what is required only in the
#             comments ("This member is required.") and in the client's own unexported checks.
# Seen        2026-11-29, three times:
#             CreateServiceRequest: 28 members
#             traits of its serviceName: none; its comment says required: true
#             LaunchType: schema EC2 EXTERNAL FARGATE MANAGED_INSTANCES, values EC2 EXTERNAL FARGATE MANAGED_INSTANCES
#             NetworkMode: schema AWSVPC BRIDGE HOST NONE, values awsvpc bridge host none
#             traits of its member AWSVPC: none
#             enums of ECS: 121, of them 39 whose members in the schema are not their values
#             traits in the package: Error HTTPError Sensitive XMLName XMLNamespace
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module finding

go 1.25

require (
	github.com/aws/aws-sdk-go-v2/service/ecs v1.105.1
	github.com/aws/smithy-go v1.28.9
)
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

func list(s []string) string {
	slices.Sort(s)
	return strings.Join(s, " ")
}

func members(s *smithy.Schema) string {
	var names []string
	for name := range s.Members() {
		names = append(names, name)
	}
	return list(names)
}

func values[T ~string](v []T) string {
	var s []string
	for _, x := range v {
		s = append(s, string(x))
	}
	return list(s)
}

// traits tells all that a schema has, its own and those of its type, from where smithy.Schema keeps them.
func traits(s *smithy.Schema) string {
	v := reflect.ValueOf(s).Elem()
	n := v.FieldByName("traits").Len()
	indexed := v.FieldByName("indexed")
	for i := range indexed.Len() {
		if !indexed.Index(i).IsNil() {
			n++
		}
	}
	if n == 0 {
		return "none"
	}
	return fmt.Sprint(n)
}

var (
	enum   = regexp.MustCompile(`(?s)var (\w+) = smithy\.NewSchema\(smithy\.ShapeID\{[^}]*Name:\s+"(\w+)",\s*\}, smithy\.ShapeTypeEnum,`)
	member = regexp.MustCompile(`(\w+)\.AddMember\("(\w+)"`)
	value  = regexp.MustCompile(`(?m)^\t\w+\s+(\w+)\s+= "([^"]*)"$`)
	trait  = regexp.MustCompile(`&smithytraits\.(\w+)`)
)

// whole compares all enums of the package, in the source of its schemas and of its types.
func whole(schemaSource, typeSource string) {
	inSchema, inTypes := map[string][]string{}, map[string][]string{}
	for _, m := range member.FindAllStringSubmatch(schemaSource, -1) {
		inSchema[m[1]] = append(inSchema[m[1]], m[2])
	}
	for _, m := range value.FindAllStringSubmatch(typeSource, -1) {
		inTypes[m[1]] = append(inTypes[m[1]], m[2])
	}
	all, other := 0, 0
	for _, m := range enum.FindAllStringSubmatch(schemaSource, -1) {
		all++
		if list(inSchema[m[1]]) != list(inTypes[m[2]]) {
			other++
		}
	}
	fmt.Printf("enums of ECS: %d, of them %d whose members in the schema are not their values\n", all, other)
	var names []string
	for _, m := range trait.FindAllStringSubmatch(schemaSource, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	fmt.Println("traits in the package:", list(slices.Compact(names)))
}

func read(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func main() {
	dir := os.Args[1]
	in := schemas.CreateServiceRequest
	comment := regexp.MustCompile(`This member is required\.\n\tServiceName \*string`)
	fmt.Printf("CreateServiceRequest: %d members\n", len(in.Members()))
	fmt.Printf("traits of its serviceName: %s; its comment says required: %v\n",
		traits(in.Member("serviceName")), comment.MatchString(read(dir+"/api_op_CreateService.go")))
	fmt.Printf("LaunchType: schema %s, values %s\n",
		members(in.Member("launchType")), values(types.LaunchType("").Values()))
	mode := schemas.RegisterTaskDefinitionRequest.Member("networkMode")
	fmt.Printf("NetworkMode: schema %s, values %s\n", members(mode), values(types.NetworkMode("").Values()))
	fmt.Println("traits of its member AWSVPC:", traits(mode.Member("AWSVPC")))
	whole(read(dir+"/schemas/schemas.go"), read(dir+"/types/enums.go"))
}
END
go mod tidy >/dev/null 2>&1
want='CreateServiceRequest: 28 members
traits of its serviceName: none; its comment says required: true
LaunchType: schema EC2 EXTERNAL FARGATE MANAGED_INSTANCES, values EC2 EXTERNAL FARGATE MANAGED_INSTANCES
NetworkMode: schema AWSVPC BRIDGE HOST NONE, values awsvpc bridge host none
traits of its member AWSVPC: none
enums of ECS: 121, of them 39 whose members in the schema are not their values
traits in the package: Error HTTPError Sensitive XMLName XMLNamespace'
got=$(go run . "$(go list -m -f '{{.Dir}}' github.com/aws/aws-sdk-go-v2/service/ecs)")
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-29 it was:\n%s\n' "$want" >&2; exit 1; }
