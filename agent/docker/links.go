package docker

import (
	"path"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// labelLinks keeps the links of a container ("db:database,cache:cache"): the engine's own go to a
// container that is replaced, not to the one in its place.
const labelLinks = "gantry.links"

// restoreLinks gives a container that was created with links all of them again, and reports whether
// it lacked one.
func restoreLinks(c container.InspectResponse) (lacked bool) {
	text := c.Config.Labels[labelLinks]
	if text == "" {
		return false
	}
	var has []string
	for _, link := range c.HostConfig.Links { // "/db:/web/database"
		name, alias, _ := strings.Cut(link, ":")
		has = append(has, strings.TrimPrefix(name, "/")+":"+path.Base(alias))
	}
	c.HostConfig.Links = strings.Split(text, ",")
	return slices.ContainsFunc(c.HostConfig.Links, func(link string) bool { return !slices.Contains(has, link) })
}
