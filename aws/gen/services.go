package main

import (
	"fmt"
	"log"
)

// service is one AWS API that Gantry has. Its model has its protocol, target prefix, version and so
// on.
type service struct {
	model string // file in aws/models
	pkg   string // package in aws
	// errorSuffix is the suffix of its error codes: "Exception", or nothing.
	errorSuffix string
	// operations are those whose shapes are written; empty: all of the model.
	operations []string
	// shared are the shapes that nouns in structs hold. They, and the shapes that they refer to,
	// are written there.
	shared []string
	// alwaysWritten are string members whose empty value means something and is echoed ("KEY=" in
	// an environment).
	alwaysWritten map[string]bool
	// boxed means that all numbers and booleans may be absent, though the model says nothing about
	// that.
	boxed bool
	// extra are fields of shapes in structs that are Gantry's own, as Go source. AWS's clients do
	// not have them, and the door neither takes nor answers them.
	extra map[string]string
	// mayBeEmpty are required string members whose empty value means something.
	mayBeEmpty map[string]bool
}

// services are the APIs that are generated.
var services = []service{
	{
		model: "ecs-2014-11-13.json", pkg: "ecs", errorSuffix: "Exception",
		shared: []string{
			"TaskDefinition", "TaskOverride", "NetworkConfiguration", "PlacementConstraint", "PlacementStrategy", "Tag",
			"NetworkBinding", "NetworkInterface", "CapacityProviderStrategyItem", "TaskVolumeConfiguration",
			"ClusterConfiguration", "ClusterSetting", "ClusterServiceConnectDefaults", "VersionInfo", "Attribute",
			"AutoScalingGroupProvider",
		},
		alwaysWritten: map[string]bool{"KeyValuePair.name": true, "KeyValuePair.value": true, "Tag.key": true, "Tag.value": true},
		extra:         map[string]string{"ContainerDefinition": "Files []ConfigFile `json:\"files,omitzero\"` // of a job file"},
		// An empty namespace removes the one that is there.
		mayBeEmpty: map[string]bool{"ClusterServiceConnectDefaultsRequest.namespace": true},
	},
	{model: "ec2-2016-11-15.json", pkg: "ec2"},
	{model: "acm-2015-12-08.json", pkg: "acm", errorSuffix: "Exception", boxed: true, operations: []string{
		"AddTagsToCertificate", "DeleteCertificate", "DescribeCertificate", "ExportCertificate", "GetCertificate", "ImportCertificate",
		"ListCertificates", "ListTagsForCertificate", "RemoveTagsFromCertificate", "RenewCertificate", "RequestCertificate",
		"UpdateCertificateOptions",
	}},
	{model: "elbv2-2015-12-01.json", pkg: "elbv2", mayBeEmpty: map[string]bool{"Tag.Value": true}, alwaysWritten: map[string]bool{
		"ListenerAttribute.Value": true, "LoadBalancerAttribute.Value": true, "Tag.Value": true, "TargetGroupAttribute.Value": true,
	}, operations: []string{
		"AddListenerCertificates", "AddTags", "CreateListener", "CreateLoadBalancer", "CreateRule", "CreateTargetGroup", "DeleteListener",
		"DeleteLoadBalancer", "DeleteRule", "DeleteTargetGroup", "DeregisterTargets", "DescribeAccountLimits",
		"DescribeCapacityReservation", "DescribeListenerAttributes", "DescribeListenerCertificates", "DescribeListeners",
		"DescribeLoadBalancerAttributes", "DescribeLoadBalancers", "DescribeRules", "DescribeSSLPolicies", "DescribeTags",
		"DescribeTargetGroupAttributes", "DescribeTargetGroups", "DescribeTargetHealth", "ModifyListener", "ModifyListenerAttributes",
		"ModifyLoadBalancerAttributes", "ModifyRule", "ModifyTargetGroup", "ModifyTargetGroupAttributes", "RegisterTargets",
		"RemoveListenerCertificates", "RemoveTags", "SetIpAddressType", "SetRulePriorities", "SetSecurityGroups", "SetSubnets",
	}},
	{
		model: "logs-2014-03-28.json", pkg: "logs", errorSuffix: "Exception", boxed: true,
		alwaysWritten: map[string]bool{
			"FilteredLogEvent.message": true, "ListTagsForResourceResponse.tags": true, "ListTagsLogGroupResponse.tags": true,
			"OutputLogEvent.message": true,
		},
		operations: []string{
			"CreateLogGroup", "CreateLogStream", "DeleteLogGroup", "DeleteLogStream", "DeleteRetentionPolicy", "DescribeLogGroups",
			"DescribeLogStreams", "FilterLogEvents", "GetLogEvents", "ListTagsForResource", "ListTagsLogGroup", "PutLogEvents",
			"PutRetentionPolicy", "TagLogGroup", "TagResource", "UntagLogGroup", "UntagResource",
		},
	},
	{
		model: "secretsmanager-2017-10-17.json", pkg: "secretsmanager", errorSuffix: "Exception",
		operations: []string{
			"BatchGetSecretValue", "CreateSecret", "DeleteSecret", "DescribeSecret", "GetRandomPassword",
			"GetResourcePolicy", "GetSecretValue", "ListSecretVersionIds", "ListSecrets", "PutSecretValue", "RestoreSecret", "TagResource", "UntagResource",
			"UpdateSecret", "UpdateSecretVersionStage",
		},
	},
	{
		model: "ssm-2014-11-06.json", pkg: "ssm", errorSuffix: "Exception",
		operations: []string{
			"AddTagsToResource", "DeleteParameter", "DeleteParameters", "DescribeParameters", "GetParameter",
			"GetParameterHistory", "GetParameters", "GetParametersByPath", "LabelParameterVersion", "ListTagsForResource",
			"PutParameter", "RemoveTagsFromResource", "ResumeSession", "StartSession", "TerminateSession",
			"UnlabelParameterVersion",
		},
	},
	{
		model: "servicediscovery-2017-03-14.json", pkg: "servicediscovery", boxed: true,
		operations: []string{
			"CreateHttpNamespace", "CreatePrivateDnsNamespace", "CreatePublicDnsNamespace", "CreateService", "DeleteNamespace", "DeleteService",
			"DeregisterInstance", "DiscoverInstances", "DiscoverInstancesRevision", "GetInstance", "GetInstancesHealthStatus", "GetNamespace",
			"GetOperation", "GetService", "ListInstances", "ListNamespaces", "ListOperations", "ListServices", "ListTagsForResource",
			"RegisterInstance", "TagResource", "UntagResource", "UpdateInstanceCustomHealthStatus", "UpdateService",
		},
	},
	{model: "sts-2011-06-15.json", pkg: "sts", operations: []string{"AssumeRole", "GetCallerIdentity"}},
	{model: "iam-2010-05-08.json", pkg: "iam", mayBeEmpty: map[string]bool{"Tag.Value": true}, operations: []string{
		"AttachRolePolicy", "CreatePolicy", "CreatePolicyVersion", "CreateRole", "DeletePolicy", "DeletePolicyVersion", "DeleteRole",
		"DeleteRolePolicy", "DetachRolePolicy", "GetPolicy", "GetPolicyVersion", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies",
		"ListEntitiesForPolicy", "ListInstanceProfilesForRole", "ListPolicies", "ListPolicyTags", "ListPolicyVersions", "ListRolePolicies",
		"ListRoleTags", "ListRoles", "PutRolePolicy", "SetDefaultPolicyVersion", "TagPolicy", "TagRole", "UntagPolicy", "UntagRole",
		"UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription",
	}},
}

// protocolSource returns the Go source for the protocol of a model.
func (m *model) protocolSource() string {
	switch m.Metadata.Protocol {
	case "json":
		return fmt.Sprintf("protocol.JSON{Version: %q}", m.Metadata.JSONVersion)
	case "query":
		return "protocol.Query{}"
	case "ec2":
		return "protocol.EC2{}"
	case "rest-json":
		return "protocol.RESTJSON{}"
	}
	log.Fatalf("%s: protocol %q is not known", m.Metadata.ServiceFullName, m.Metadata.Protocol)
	return ""
}
