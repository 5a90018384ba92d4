// Package protocol holds what all AWS APIs share: the wire protocols, how a request finds its
// service and action, and the frame of an action.
//
//   - router.go and route.go find the service and the operation that a request asks for.
//   - json.go, query.go, xml.go and rest.go read requests and write answers.
//   - errors.go turns an error into the code and the status that the caller's protocol has for it.
//   - call.go is the frame of an action: decode, authorize, check, carry out.
//   - arn.go, paging.go, tags.go, check.go are for the actions.
//
// What the operations mean is up to the services.
package protocol
