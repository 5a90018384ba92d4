package ecs

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// authorizeRoles asks whether the caller may give the roles of the request to tasks: iam:PassRole.
// As in ECS, that is asked of who registers a definition with roles, and of who runs a task with
// them, as he may override its command.
func (a *authorization) authorizeRoles(ctx context.Context, operation string) error {
	var of structs.TaskDefinition
	var override *structs.TaskOverride
	switch operation {
	case "RegisterTaskDefinition":
		of.TaskRoleArn, of.ExecutionRoleArn = a.text("TaskRoleArn"), a.text("ExecutionRoleArn")
	case "RunTask", "StartTask":
		key, err := a.arns.parseDefinition("taskDefinition", a.text("TaskDefinition"))
		if err != nil {
			return nil // the action reports it
		}
		d := a.view.TaskDefinition(key)
		if d == nil {
			d = a.view.LatestTaskDefinition(key)
		}
		if d != nil {
			of = *d
		}
		override, _ = a.request.FieldByName("Overrides").Interface().(*structs.TaskOverride)
	case "CreateExpressGatewayService", "UpdateExpressGatewayService":
		of.TaskRoleArn, of.ExecutionRoleArn = a.text("TaskRoleArn"), a.text("ExecutionRoleArn")
	default:
		return nil
	}
	return a.control.PassRole(ctx, structs.RoleOf(structs.RoleOfTask, &of, override), structs.RoleOf(structs.RoleOfExecution, &of, override))
}
