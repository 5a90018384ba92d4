package docker

import (
	"context"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/structs"
)

// labelRouter keeps which container's address a container finds in FLUENT_HOST: the engine's name
// for it.
const labelRouter = "gantry.router"

// findRouter puts the address of the router into the environment of a container that is about to
// start, and reports whether it was not there. The router has none before it runs, and the
// container exists by then. One whose router does not run gets no variables.
func (e *Engine) findRouter(ctx context.Context, c container.InspectResponse) (lacked bool, err error) {
	name := c.Config.Labels[labelRouter]
	if name == "" {
		return false, nil
	}
	router, err := e.api.ContainerInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	address := addressOf(router)
	host := structs.FluentHost + "=" + address
	if address == "" || slices.Contains(c.Config.Env, host) {
		return false, nil
	}
	c.Config.Env = slices.DeleteFunc(c.Config.Env, func(v string) bool {
		return strings.HasPrefix(v, structs.FluentHost+"=") || strings.HasPrefix(v, structs.FluentPort+"=")
	})
	c.Config.Env = append(c.Config.Env, host, structs.FluentPort+"="+structs.FluentPortValue)
	return true, nil
}

// addressOf returns the address of a running container in its network; empty: it has none.
func addressOf(c container.InspectResponse) string {
	if c.NetworkSettings == nil {
		return ""
	}
	for _, network := range c.NetworkSettings.Networks {
		if network.IPAddress != "" {
			return network.IPAddress
		}
	}
	return ""
}
