package main

import (
	"fmt"
	"net"
	"testing"
)

// A port that another process has is named, with the flag to choose another.
func TestPortTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := fmt.Sprint(taken.Addr().(*net.TCPAddr).Port)
	server := []string{"server", "--insecure", "--bind", "127.0.0.1", "--bootstrap-expect", "1", "--data-dir", t.TempDir()}
	for flag, other := range map[string]string{"--raft-port": "--http-port", "--http-port": "--raft-port"} {
		_, err := gantry(t, append(server, flag, port, other, "0")...)
		if err == nil {
			t.Fatalf("it starts with a %s that is taken", flag)
		}
		says(t, err.Error(), taken.Addr().String()+" is taken by another process", "with "+flag)
	}
}
