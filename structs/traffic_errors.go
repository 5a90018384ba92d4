package structs

// The kinds of error that only elbv2 has, named by its codes.
const (
	KindCertificateNotFound    Kind = "CertificateNotFound"
	KindDuplicateListener      Kind = "DuplicateListener"
	KindDuplicateLoadBalancer  Kind = "DuplicateLoadBalancerName"
	KindDuplicateTargetGroup   Kind = "DuplicateTargetGroupName"
	KindIncompatibleProtocols  Kind = "IncompatibleProtocols"
	KindInvalidAction          Kind = "InvalidLoadBalancerAction"
	KindInvalidConfiguration   Kind = "InvalidConfigurationRequest"
	KindInvalidTarget          Kind = "InvalidTarget"
	KindListenerNotFound       Kind = "ListenerNotFound"
	KindLoadBalancerNotFound   Kind = "LoadBalancerNotFound"
	KindOperationNotPermitted  Kind = "OperationNotPermitted"
	KindPriorityInUse          Kind = "PriorityInUse"
	KindRuleNotFound           Kind = "RuleNotFound"
	KindSSLPolicyNotFound      Kind = "SSLPolicyNotFound"
	KindTargetGroupNotFound    Kind = "TargetGroupNotFound"
	KindTooManyActions         Kind = "TooManyActions"
	KindTooManyCertificates    Kind = "TooManyCertificates"
	KindTooManyListeners       Kind = "TooManyListeners"
	KindTooManyLoadBalancers   Kind = "TooManyLoadBalancers"
	KindTooManyRules           Kind = "TooManyRules"
	KindTooManyTargetGroups    Kind = "TooManyTargetGroups"
	KindTooManyTargets         Kind = "TooManyTargets"
	KindALPNPolicyNotSupported Kind = "ALPNPolicyNotFound"
	KindUnsupportedProtocol    Kind = "UnsupportedProtocol"
)

// The errors below have elbv2's texts.

// ErrLoadBalancerNotFound reports that a load balancer does not exist.
func ErrLoadBalancerNotFound() *Error {
	return Errorf(KindLoadBalancerNotFound, "One or more load balancers not found")
}

// ErrListenerNotFound reports that a listener does not exist.
func ErrListenerNotFound() *Error {
	return Errorf(KindListenerNotFound, "One or more listeners not found")
}

// ErrRuleNotFound reports that a rule does not exist.
func ErrRuleNotFound() *Error { return Errorf(KindRuleNotFound, "One or more rules not found") }

// ErrTargetGroupNotFound reports that a target group does not exist.
func ErrTargetGroupNotFound() *Error {
	return Errorf(KindTargetGroupNotFound, "One or more target groups not found")
}

// ErrTrafficChanged reports that what a call changes was changed by another one in the meantime.
func ErrTrafficChanged(resource ResourceKey) *Error {
	return Errorf(KindConflict, "%s is being changed by another call; try again", resource)
}
