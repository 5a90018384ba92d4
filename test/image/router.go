package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/gantry-project/gantry/testutil/fluent"
)

// router listens where the configuration of a FireLens router says, and prints each record as JSON.
// It prints the configuration first.
func router(ctx context.Context) error {
	text, err := os.ReadFile("/fluent-bit/etc/fluent-bit.conf")
	if err != nil {
		return err
	}
	fmt.Printf("%s\n", text)
	var address string
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		network := ""
		switch {
		case key == "unix_path":
			network, address = "unix", value
		case key == "Listen":
			address = value
		case key == "Port" && value != "8877":
			network, address = "tcp", address+":"+value
		}
		if network == "" {
			continue
		}
		listener, err := net.Listen(network, address)
		if err != nil {
			return err
		}
		go fluent.Receive(listener, printRecords)
	}
	<-ctx.Done()
	return nil
}

func printRecords(records []fluent.Record) bool {
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return false
		}
		fmt.Printf("%s\n", line)
	}
	return true
}
