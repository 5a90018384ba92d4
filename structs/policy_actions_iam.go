package structs

// iamActions are the actions of IAM and STS with their resources and condition keys, as AWS's
// Service Authorization Reference lists them. iam:PassRole is checked when a task is given a role.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
var iamActions = map[string]actionRow{
	"iam:CreateRole":                  {ResourceRole, requestTags},
	"iam:DeleteRole":                  {ResourceRole, ""},
	"iam:GetRole":                     {ResourceRole, ""},
	"iam:ListInstanceProfilesForRole": {ResourceRole, ""},
	"iam:ListRoles":                   {"", ""},
	"iam:PassRole":                    {ResourceRole, "iam:PassedToService"},
	"iam:UpdateAssumeRolePolicy":      {ResourceRole, ""},
	"iam:UpdateRole":                  {ResourceRole, ""},
	"iam:UpdateRoleDescription":       {ResourceRole, ""},

	"iam:DeleteRolePolicy": {ResourceRole, ""},
	"iam:GetRolePolicy":    {ResourceRole, ""},
	"iam:ListRolePolicies": {ResourceRole, ""},
	"iam:PutRolePolicy":    {ResourceRole, ""},

	"iam:AttachRolePolicy":         {ResourceRole, "iam:PolicyARN"},
	"iam:DetachRolePolicy":         {ResourceRole, "iam:PolicyARN"},
	"iam:ListAttachedRolePolicies": {ResourceRole, ""},

	"iam:ListRoleTags": {ResourceRole, ""},
	"iam:TagRole":      {ResourceRole, requestTags},
	"iam:UntagRole":    {ResourceRole, "aws:TagKeys"},

	"iam:CreatePolicy":            {ResourcePolicy, requestTags},
	"iam:CreatePolicyVersion":     {ResourcePolicy, ""},
	"iam:DeletePolicy":            {ResourcePolicy, ""},
	"iam:DeletePolicyVersion":     {ResourcePolicy, ""},
	"iam:GetPolicy":               {ResourcePolicy, ""},
	"iam:GetPolicyVersion":        {ResourcePolicy, ""},
	"iam:ListEntitiesForPolicy":   {ResourcePolicy, ""},
	"iam:ListPolicies":            {"", ""},
	"iam:ListPolicyTags":          {ResourcePolicy, ""},
	"iam:ListPolicyVersions":      {ResourcePolicy, ""},
	"iam:SetDefaultPolicyVersion": {ResourcePolicy, ""},
	"iam:TagPolicy":               {ResourcePolicy, requestTags},
	"iam:UntagPolicy":             {ResourcePolicy, "aws:TagKeys"},

	"sts:AssumeRole": {ResourceRole, "sts:ExternalId sts:RoleSessionName aws:SourceArn aws:SourceAccount"},
	actionForAll:     {"", ""},
}
