package balancer

import "github.com/gantry-project/gantry/balancer/proxy"

func newEngine(s proxy.Settings, r proxy.Router) Engine { return proxy.New(s, r) }
