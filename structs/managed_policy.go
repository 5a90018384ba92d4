package structs

import (
	"maps"
	"slices"
	"strings"
)

// ManagedPolicy is a policy with a name of its own, which roles attach. Names are unique, whatever
// the path.
type ManagedPolicy struct {
	ID   string `json:"id" cbor:"1,keyasint"` // ANPA and 17 characters of A-Z2-7
	Name string `json:"name" cbor:"2,keyasint"`
	Path string `json:"path" cbor:"3,keyasint"` // begins and ends with a slash
	// Version increases by one with every change. It is not a version of the document.
	Version     int64  `json:"version" cbor:"4,keyasint"`
	Description string `json:"description,omitzero" cbor:"5,keyasint,omitzero"`
	// Versions are the documents, oldest first. Default is the one that counts.
	Versions  []PolicyVersion `json:"versions" cbor:"6,keyasint"`
	Default   string          `json:"defaultVersion" cbor:"7,keyasint"`
	Made      int32           `json:"made" cbor:"8,keyasint"` // how many versions it ever had
	CreatedAt Time            `json:"createdAt" cbor:"9,keyasint"`
	UpdatedAt Time            `json:"updatedAt" cbor:"10,keyasint"`
}

// PolicyVersion is one document of a managed policy.
type PolicyVersion struct {
	ID        string `json:"id" cbor:"1,keyasint"` // v1, v2 …
	Document  string `json:"document" cbor:"2,keyasint"`
	CreatedAt Time   `json:"createdAt" cbor:"3,keyasint"`
}

// MaxPolicyVersions is how many versions a managed policy keeps (IAM).
const MaxPolicyVersions = 5

// ManagedPolicyKey is the key of a managed policy's tags.
func ManagedPolicyKey(name string) ResourceKey { return ResourcePolicy + "/" + name }

// Resource is the resource part of the policy's ARN: policy/PATH/NAME.
func (p *ManagedPolicy) Resource() string { return ResourcePolicy + p.Path + p.Name }

// Of returns a version of the document; nil if there is none.
func (p *ManagedPolicy) Of(version string) *PolicyVersion {
	if n := slices.IndexFunc(p.Versions, func(v PolicyVersion) bool { return v.ID == version }); n >= 0 {
		return &p.Versions[n]
	}
	return nil
}

// Validate reports what is wrong with a managed policy.
func (p *ManagedPolicy) Validate() error {
	switch {
	case len(p.Name) > maxPolicyName || !iamNames.MatchString(p.Name):
		return Errorf(KindInvalidParameter, "policyName: '%s' may have up to %d letters, digits and _+=,.@-", p.Name, maxPolicyName)
	case len(p.Path) > maxIAMPath || !iamPaths.MatchString(p.Path):
		return Errorf(KindInvalidParameter, "path: '%s' must begin and end with a slash", p.Path)
	case len(p.Description) > maxDescription:
		return Errorf(KindInvalidParameter, "description: it has %d bytes and may have %d", len(p.Description), maxDescription)
	case len(p.Versions) > MaxPolicyVersions:
		return Errorf(KindLimitExceeded,
			"A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", MaxPolicyVersions)
	}
	for _, v := range p.Versions {
		if _, err := ParseRolePolicy(v.Document); err != nil {
			return err
		}
	}
	return nil
}

// awsPolicyARN is how the ARNs of AWS's own managed policies begin.
const awsPolicyARN = "arn:aws:iam::aws:policy/"

// PolicyName returns the name of the cluster's managed policy that an ARN of any account names, or
// ok false if the ARN is one of AWS's own policies, or of something else.
func PolicyName(arn string) (name string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "iam" || strings.HasPrefix(arn, awsPolicyARN) || !strings.HasPrefix(parts[5], ResourcePolicy+"/") {
		return "", false
	}
	return arn[strings.LastIndexByte(arn, '/')+1:], true
}

// awsPolicies are the policies of AWS's that roles of tasks attach, by the last part of their ARNs,
// with what they mean here: the actions that they allow on all resources. Those whose services
// Gantry does not have allow nothing. docs/roles.md names them.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var awsPolicies = map[string]string{
	"AdministratorAccess": "*",
	"service-role/AmazonECSTaskExecutionRolePolicy": "ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability" +
		" ecr:GetDownloadUrlForLayer ecr:BatchGetImage logs:CreateLogStream logs:PutLogEvents",
	"AmazonECS_FullAccess":     "ecs:*",
	"CloudWatchLogsFullAccess": "logs:*",
	"CloudWatchLogsReadOnlyAccess": "logs:Describe* logs:Get* logs:List* logs:StartQuery logs:StopQuery logs:TestMetricFilter" +
		" logs:FilterLogEvents logs:StartLiveTail logs:StopLiveTail",
	"SecretsManagerReadWrite":                 "secretsmanager:*",
	"AmazonSSMReadOnlyAccess":                 "ssm:Describe* ssm:Get* ssm:List*",
	"AmazonSSMFullAccess":                     "ssm:*",
	"AmazonSSMManagedInstanceCore":            "ssm:GetParameter ssm:GetParameters ssmmessages:*",
	"AmazonS3FullAccess":                      "s3:*",
	"AmazonS3ReadOnlyAccess":                  "s3:Get* s3:List* s3:Describe*",
	"AmazonDynamoDBFullAccess":                "dynamodb:*",
	"AmazonDynamoDBReadOnlyAccess":            "dynamodb:Describe* dynamodb:Get* dynamodb:List*",
	"AmazonSQSFullAccess":                     "sqs:*",
	"AmazonSNSFullAccess":                     "sns:*",
	"AmazonSESFullAccess":                     "ses:*",
	"AmazonKinesisFullAccess":                 "kinesis:*",
	"AmazonBedrockFullAccess":                 "bedrock:*",
	"AmazonElasticFileSystemFullAccess":       "elasticfilesystem:*",
	"AmazonElasticFileSystemClientFullAccess": "elasticfilesystem:Client*",
	"AmazonEC2ContainerRegistryReadOnly":      "ecr:Get* ecr:BatchGetImage ecr:BatchCheckLayerAvailability",
	"AmazonEC2ContainerRegistryFullAccess":    "ecr:*",
	"AmazonEC2ContainerRegistryPowerUser":     "ecr:*",
	"AmazonRDSFullAccess":                     "rds:*",
	"AWSXRayDaemonWriteAccess":                "xray:PutTraceSegments xray:PutTelemetryRecords",
	"AWSXrayFullAccess":                       "xray:*",
	"AWSXrayWriteOnlyAccess":                  "xray:PutTraceSegments xray:PutTelemetryRecords",
	"CloudWatchFullAccess":                    "cloudwatch:* logs:*",
	"CloudWatchAgentServerPolicy":             "cloudwatch:PutMetricData logs:PutLogEvents logs:CreateLogStream logs:CreateLogGroup logs:DescribeLogStreams logs:DescribeLogGroups",
	"AmazonPrometheusRemoteWriteAccess":       "aps:RemoteWrite",
}

// readOnlyAccess is the policy of AWS's that is the read-only policy here.
const readOnlyAccess = "ReadOnlyAccess"

// AWSPolicy returns what a policy of AWS's own (arn:aws:iam::aws:policy/NAME) means here, and
// whether Gantry knows it.
func AWSPolicy(arn string) (Policy, bool) {
	name, isPolicy := strings.CutPrefix(arn, awsPolicyARN)
	if isPolicy && name == readOnlyAccess {
		return ReadOnlyPolicy(), true
	}
	actions, known := awsPolicies[name]
	if !isPolicy || !known {
		return Policy{}, false
	}
	return Policy{Version: policyVersion, Statement: []Statement{
		{Effect: EffectAllow, Action: strings.Fields(actions), Resource: []string{AnyResource}},
	}}, true
}

// AWSPolicies returns the ARNs of the policies of AWS's own that Gantry knows.
func AWSPolicies() (arns []string) {
	for _, name := range slices.Sorted(maps.Keys(awsPolicies)) {
		arns = append(arns, awsPolicyARN+name)
	}
	return append(arns, awsPolicyARN+readOnlyAccess)
}

// PutManagedPolicy adds a managed policy or changes it.
type PutManagedPolicy struct {
	Policy ManagedPolicy // with its new Version
	Was    int64         // the version that is changed; zero: there must be none of that name
	Tags   []Tag         // of a new policy
}

// CommandType implements Command.
func (PutManagedPolicy) CommandType() CommandType { return CmdPutManagedPolicy }

// DeleteManagedPolicy removes a managed policy, which no role may have attached.
type DeleteManagedPolicy struct {
	Name string
	Was  int64 // the version that is removed
}

// CommandType implements Command.
func (DeleteManagedPolicy) CommandType() CommandType { return CmdDeleteManagedPolicy }

// ErrPolicyNotFound reports that a managed policy does not exist, in IAM's words.
func ErrPolicyNotFound(arn string) *Error {
	return Errorf(KindResourceNotFound, "Policy %s does not exist or is not attachable.", arn)
}
