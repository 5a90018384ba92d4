package ecs

import (
	"fmt"
	"unicode/utf8"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// checkCreateService checks the rules of CreateService that the API model does not state. It
// refuses by name what this version cannot do: nothing that a caller asks for is silently left out.
func checkCreateService(in *CreateServiceRequest) error {
	if in.LaunchType != "" && len(in.CapacityProviderStrategy) > 0 {
		return structs.Errorf(structs.KindInvalidParameter, "Specify either Launch Type or Capacity Provider Strategy, but not both.")
	}
	if n := utf8.RuneCountInString(in.ClientToken); n > maxClientToken {
		return structs.Errorf(structs.KindInvalidParameter, "clientToken has %d characters; it can have at most %d.", n, maxClientToken)
	}
	return firstError(
		protocol.CheckTags("tags", in.Tags),
		checkController(in.DeploymentController),
		checkDeployment(in.DeploymentConfiguration),
		checkConnect(in.ServiceConnectConfiguration),
		refuse(len(in.VolumeConfigurations) > 0, "volumeConfigurations"),
		refuse(len(in.VpcLatticeConfigurations) > 0, "vpcLatticeConfigurations"),
	)
}

// checkUpdateService does the same for UpdateService. An empty list removes what is there, so it
// does not ask for the feature.
func checkUpdateService(in *UpdateServiceRequest) error {
	return firstError(
		checkController(in.DeploymentController),
		checkDeployment(in.DeploymentConfiguration),
		checkConnect(in.ServiceConnectConfiguration),
		refuse(len(in.VolumeConfigurations) > 0, "volumeConfigurations"),
		refuse(len(in.VpcLatticeConfigurations) > 0, "vpcLatticeConfigurations"),
	)
}

func checkController(c *DeploymentController) error {
	given := controllerType(c)
	return refuse(given != "" && given != structs.ControllerECS && given != structs.ControllerExternal, "deploymentController "+given)
}

func controllerType(c *DeploymentController) string {
	if c == nil {
		return ""
	}
	return c.Type
}

// checkDeployment refuses the parts of a deployment configuration that this version cannot carry
// out.
func checkDeployment(d *DeploymentConfiguration) error {
	if d == nil {
		return nil
	}
	const at = "deploymentConfiguration."
	if d.Strategy == structs.StrategyBlueGreen && d.BakeTimeInMinutes == nil {
		return structs.Errorf(structs.KindInvalidParameter, at+"bakeTimeInMinutes is required with strategy BLUE_GREEN.")
	}
	err := refuse(d.Alarms != nil && d.Alarms.Enable, at+"alarms")
	for n := range d.LifecycleHooks {
		err = firstError(err, checkHook(fmt.Sprintf("%slifecycleHooks[%d].", at, n), &d.LifecycleHooks[n]))
	}
	return err
}

// checkHook accepts pauses. A hook without a type calls a function (ECS).
func checkHook(at string, h *DeploymentLifecycleHook) error {
	if h.TargetType != hookPause {
		return unsupported(at + "targetType AWS_LAMBDA (use PAUSE)")
	}
	if h.HookTargetArn != "" || h.RoleArn != "" || len(h.HookDetails) > 0 {
		return structs.Errorf(structs.KindInvalidParameter, "%stargetType: a PAUSE hook takes no hookTargetArn, roleArn or hookDetails.", at)
	}
	return nil
}
