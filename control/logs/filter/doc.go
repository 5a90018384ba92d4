// Package filter is the language of filter patterns of CloudWatch Logs: terms, JSON and fields that
// spaces separate. What it does not know is refused by name: a pattern that selects something else
// than its author meant is worse than none.
//
//	ERROR "not found" -DEBUG          all of these terms, but not the last
//	?ERROR ?WARN                      one of these terms
//	%5\d\d%                           a regular expression
//	{ $.status >= 500 && $.path = "/api/*" }
//	[ip, user, ..., status=5*, bytes>1000]
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
package filter
