package main

import (
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/structs"
)

// The ports of gantry dev where the usual ones cannot be had.
const (
	devHTTPPort  = 8080
	devHTTPSPort = 8443
)

// addIngressFlags adds the flags for where exposed services are reached.
func addIngressFlags(cmd *cobra.Command, in *structs.Ingress, defaults string) {
	cmd.Flags().Int32Var(&in.HTTPPort, "ingress-http-port", 0, "`port` on which ingress instances take HTTP requests for exposed services ("+defaults+")")
	cmd.Flags().Int32Var(&in.HTTPSPort, "ingress-https-port", 0, "`port` for HTTPS requests; give both ports, and the domain, to all servers")
	cmd.Flags().StringVar(&in.Domain, "domain", structs.DefaultDomain, "`domain` of the host names that Gantry makes for exposed services, as SERVICE.CLUSTER.DOMAIN")
}

func checkIngress(in *structs.Ingress) error {
	for flag, port := range map[string]int32{"--ingress-http-port": in.HTTPPort, "--ingress-https-port": in.HTTPSPort} {
		if port < 0 || port > 65535 {
			return fmt.Errorf("%s: %d is not a port", flag, port)
		}
	}
	if d := in.WithDefaults(); d.HTTPPort == d.HTTPSPort {
		return fmt.Errorf("--ingress-https-port: %d is the port for HTTP already; give another one", d.HTTPSPort)
	}
	return nil
}

// devIngress returns where exposed services of gantry dev are reached: on the usual ports if this
// process can have them.
func devIngress(in structs.Ingress) structs.Ingress {
	if in.HTTPPort == 0 {
		in.HTTPPort = firstFree(structs.DefaultHTTPPort, devHTTPPort)
	}
	if in.HTTPSPort == 0 {
		in.HTTPSPort = firstFree(structs.DefaultHTTPSPort, devHTTPSPort)
	}
	return in
}

func firstFree(usual, otherwise int32) int32 {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", usual))
	if err != nil {
		return otherwise
	}
	_ = l.Close() // nothing was sent
	return usual
}
