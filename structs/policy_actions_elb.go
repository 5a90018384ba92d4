package structs

// elbActions are the actions of Elastic Load Balancing with their resources and condition keys, as
// AWS's Service Authorization Reference lists them. Its own condition keys are missing here.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
var elbActions = map[string]actionRow{
	"elasticloadbalancing:CreateListener":               {ResourceLoadBalancer, requestTags},
	"elasticloadbalancing:CreateLoadBalancer":           {ResourceLoadBalancer, requestTags},
	"elasticloadbalancing:DeleteLoadBalancer":           {ResourceLoadBalancer, ""},
	"elasticloadbalancing:ModifyLoadBalancerAttributes": {ResourceLoadBalancer, ""},
	"elasticloadbalancing:SetIpAddressType":             {ResourceLoadBalancer, ""},
	"elasticloadbalancing:SetSecurityGroups":            {ResourceLoadBalancer, ""},
	"elasticloadbalancing:SetSubnets":                   {ResourceLoadBalancer, ""},

	"elasticloadbalancing:AddListenerCertificates":    {ResourceListener, ""},
	"elasticloadbalancing:CreateRule":                 {ResourceListener, requestTags},
	"elasticloadbalancing:DeleteListener":             {ResourceListener, ""},
	"elasticloadbalancing:ModifyListener":             {ResourceListener, ""},
	"elasticloadbalancing:ModifyListenerAttributes":   {ResourceListener, ""},
	"elasticloadbalancing:RemoveListenerCertificates": {ResourceListener, ""},

	"elasticloadbalancing:DeleteRule":        {ResourceListenerRule, ""},
	"elasticloadbalancing:ModifyRule":        {ResourceListenerRule, ""},
	"elasticloadbalancing:SetRulePriorities": {ResourceListenerRule, ""},

	"elasticloadbalancing:CreateTargetGroup":           {ResourceTargetGroup, requestTags},
	"elasticloadbalancing:DeleteTargetGroup":           {ResourceTargetGroup, ""},
	"elasticloadbalancing:DeregisterTargets":           {ResourceTargetGroup, ""},
	"elasticloadbalancing:ModifyTargetGroup":           {ResourceTargetGroup, ""},
	"elasticloadbalancing:ModifyTargetGroupAttributes": {ResourceTargetGroup, ""},
	"elasticloadbalancing:RegisterTargets":             {ResourceTargetGroup, ""},

	"elasticloadbalancing:DescribeAccountLimits":          {"", ""},
	"elasticloadbalancing:DescribeCapacityReservation":    {"", ""},
	"elasticloadbalancing:DescribeListenerAttributes":     {"", ""},
	"elasticloadbalancing:DescribeListenerCertificates":   {"", ""},
	"elasticloadbalancing:DescribeListeners":              {"", ""},
	"elasticloadbalancing:DescribeLoadBalancerAttributes": {"", ""},
	"elasticloadbalancing:DescribeLoadBalancers":          {"", ""},
	"elasticloadbalancing:DescribeRules":                  {"", ""},
	"elasticloadbalancing:DescribeSSLPolicies":            {"", ""},
	"elasticloadbalancing:DescribeTags":                   {"", ""},
	"elasticloadbalancing:DescribeTargetGroupAttributes":  {"", ""},
	"elasticloadbalancing:DescribeTargetGroups":           {"", ""},
	"elasticloadbalancing:DescribeTargetHealth":           {"", ""},

	"elasticloadbalancing:AddTags":    {anyKind, requestTags},
	"elasticloadbalancing:RemoveTags": {anyKind, "aws:TagKeys"},
}
