package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/docker/docker/client"

	"github.com/gantry-project/gantry/testutil"
)

// bench is a running gantry dev beside a client of the plain Docker API.
type bench struct {
	docker        *client.Client
	engineVersion string
	ecs           *ecs.Client
	address       string
	image         string
	gantry        *exec.Cmd
	dataDir       string
}

const startWait = 30 * time.Second

func newBench(ctx context.Context, binary string) (*bench, error) {
	docker, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, err
	}
	version, err := docker.ServerVersion(ctx)
	if err != nil {
		return nil, fmt.Errorf("no Docker Engine answers: %w", err)
	}
	b := &bench{docker: docker, engineVersion: version.Version, image: testutil.AppImage}
	if err := testutil.BuildImage(ctx, "", b.image); err != nil {
		return nil, err
	}
	if err := b.startGantry(ctx, binary); err != nil {
		return nil, err
	}
	b.ecs = newClient(b.address)
	for _, network := range []types.NetworkMode{types.NetworkModeBridge, types.NetworkModeHost, types.NetworkModeAwsvpc} {
		if err := b.register(ctx, network); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func newClient(address string) *ecs.Client {
	return ecs.New(ecs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(address),
		Credentials: credentials.NewStaticCredentialsProvider("bench", "bench", ""),
	})
}

// networkOf returns the network configuration that tasks of a family need: none but those of
// awsvpc.
func networkOf(family string) *types.NetworkConfiguration {
	if family != string(types.NetworkModeAwsvpc) {
		return nil
	}
	return &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-0"}}}
}

// startGantry starts gantry dev on a free port and waits until it says that it is ready.
func (b *bench) startGantry(ctx context.Context, binary string) error {
	var err error
	if b.dataDir, err = os.MkdirTemp("", "gantry-bench-"); err != nil {
		return err
	}
	b.gantry = exec.Command(binary, "dev", "--http-addr", "127.0.0.1:0", "--log-level", "warn")
	b.gantry.Env = append(os.Environ(), "TMPDIR="+b.dataDir)
	b.gantry.Stderr = os.Stderr
	out, err := b.gantry.StdoutPipe()
	if err != nil {
		return err
	}
	if err := b.gantry.Start(); err != nil {
		return err
	}
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if address, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "address "); ok {
				found <- strings.TrimSpace(address)
			}
		}
	}()
	select {
	case b.address = <-found:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(startWait):
		return errors.New("gantry dev did not become ready")
	}
}

func (b *bench) close() error {
	if err := b.gantry.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return errors.Join(b.gantry.Wait(), os.RemoveAll(b.dataDir), b.docker.Close())
}

// register makes the definition of one idle container in a network mode; its family is the mode's
// name.
func (b *bench) register(ctx context.Context, network types.NetworkMode) error {
	_, err := b.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(string(network)), NetworkMode: network,
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(b.image), Command: []string{"sleep"}, Cpu: 1, Memory: aws.Int32(16),
		}},
	})
	return err
}
