// Package query is the cluster query language of ECS: expressions that select container instances,
// for memberOf placement constraints and for filters of lists.
//
//	attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d
//	task:group == service:production or not (attribute:disk in [ssd, nvme])
//
// A comparison is a subject, an operator and, but for exists, an argument:
//
//	attribute:NAME                            an attribute of the instance
//	task:group                                the groups of the tasks on the instance
//	agentConnected, agentVersion, ec2InstanceId, containerInstanceArn, registeredAt, runningTasksCount, pendingTasksCount
//
//	==  equals             !=  not_equals
//	>   greater_than       >=  greater_than_equal    <  less_than    <=  less_than_equal
//	in                     !in not_in                a list in brackets: [a, b]
//	=~  matches            !~  not_matches           a regular expression
//	exists                 !exists not_exists
//
// Comparisons are joined by not (!), and (&&), or (||), which bind in this order, and by
// parentheses. Words of the language may be in either case; subjects and values are compared as
// they are.
//
// Where ECS's documentation says nothing, or only gives examples:
//
//   - A comparison holds if some value of its subject satisfies it. So a subject without a value
//     satisfies only not_exists: attribute:stack != prod selects the instances that have the
//     attribute stack (ECS's own example), and task:group != a those that run a task of another
//     group than a. To avoid a group, write not (task:group == a) (ECS's example too).
//   - == and != compare text. If the argument is a number, > >= < <= compare numbers and hold for
//     no other value; otherwise they compare text. Versions compare part by part, times as
//     instants; a time without a zone is UTC.
//   - A regular expression must match the whole value, as Java's matches does. What Java has beyond
//     Go's syntax, lookaround and backreferences, is refused.
//   - A value may be quoted, with ' or ". It must be if it contains blanks, parentheses or, in a
//     list, commas or brackets. A quote inside is written twice.
package query
