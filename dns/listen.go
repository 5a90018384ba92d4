package dns

import "net"

// Listen opens the sockets of an address, such as 127.0.0.1:53, for Serve.
func Listen(address string) (*net.UDPConn, net.Listener, error) {
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, nil, err
	}
	packets, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, nil, err
	}
	streams, err := net.Listen("tcp", packets.LocalAddr().String())
	if err != nil {
		_ = packets.Close()
		return nil, nil, err
	}
	return packets, streams, nil
}
