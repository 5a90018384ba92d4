package sink

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/gantry-project/gantry/objectstore"
)

// File is the form of a file of sinks, for config.Decode.
type File struct {
	Sinks []struct {
		Name     string `hcl:"name,label"`
		Only     string `hcl:"only,optional"`     // awslogs; empty: all output
		Interval string `hcl:"interval,optional"` // a duration
		S3       *struct {
			Endpoint        string `hcl:"endpoint"`
			Bucket          string `hcl:"bucket"`
			Prefix          string `hcl:"prefix,optional"`
			Region          string `hcl:"region,optional"`
			AccessKeyID     string `hcl:"access_key_id,optional"`
			SecretAccessKey string `hcl:"secret_access_key,optional"`
			VirtualHost     bool   `hcl:"virtual_host,optional"`
		} `hcl:"s3,block"`
		Forward *struct {
			Address string `hcl:"address"`
			Tag     string `hcl:"tag,optional"`
			TLS     bool   `hcl:"tls,optional"`
			CAFile  string `hcl:"ca_file,optional"`
		} `hcl:"forward,block"`
	} `hcl:"sink,block"`
}

// Sink is one sink of a file.
type Sink struct {
	Name        string
	AwslogsOnly bool
	Interval    time.Duration
	// Open returns a target that is not used yet.
	Open func() Target
}

// The intervals of sinks that give none. Each put of an object costs something.
const (
	objectsInterval = time.Minute
	forwardInterval = time.Second
)

// sinkName is what names of sinks consist of; they are names of files.
var sinkName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Parse returns the sinks of a file.
func (f File) Parse() (list []Sink, err error) {
	names := map[string]bool{}
	for _, s := range f.Sinks {
		made := Sink{Name: s.Name, AwslogsOnly: s.Only == "awslogs"}
		switch {
		case !sinkName.MatchString(s.Name):
			err = errors.New("the name is not 1 to 64 letters, digits, hyphens and underscores")
		case names[s.Name]:
			err = errors.New("it is there twice")
		case s.Only != "" && s.Only != "awslogs":
			err = fmt.Errorf("only = %q is not awslogs", s.Only)
		case (s.S3 == nil) == (s.Forward == nil):
			err = errors.New("it needs one block, s3 or forward")
		case s.S3 != nil:
			made.Interval = objectsInterval
			o := s.S3
			made.Open, err = objectsOf(o.Bucket, o.Prefix, objectstore.Config{
				Endpoint: o.Endpoint, Region: o.Region, AccessKeyID: o.AccessKeyID, SecretAccessKey: o.SecretAccessKey, VirtualHost: o.VirtualHost,
			})
		default:
			made.Interval = forwardInterval
			made.Open, err = forwardOf(s.Forward.Address, s.Forward.Tag, s.Forward.TLS, s.Forward.CAFile)
		}
		if err == nil && s.Interval != "" {
			made.Interval, err = interval(s.Interval)
		}
		if err != nil {
			return nil, fmt.Errorf("sink %s: %w", s.Name, err)
		}
		names[s.Name] = true
		list = append(list, made)
	}
	return list, nil
}

func interval(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil && d < 100*time.Millisecond {
		err = errors.New("it is less than 100ms")
	}
	if err != nil {
		return 0, fmt.Errorf("interval: %w", err)
	}
	return d, nil
}

func objectsOf(bucket, prefix string, c objectstore.Config) (func() Target, error) {
	if bucket == "" || strings.Contains(bucket, "/") {
		return nil, fmt.Errorf("bucket: %q is not the name of a bucket; what is before the names of objects is the prefix", bucket)
	}
	if (c.AccessKeyID == "") != (c.SecretAccessKey == "") {
		return nil, errors.New("access_key_id and secret_access_key belong together")
	}
	store, err := objectstore.New(c)
	if err != nil {
		return nil, err
	}
	return func() Target { return &Objects{Store: store, Bucket: bucket, Prefix: prefix} }, nil
}

func forwardOf(address, tag string, encrypted bool, caFile string) (func() Target, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" {
		return nil, fmt.Errorf("address: %q is not HOST:PORT; the usual port is 24224", address)
	}
	if caFile != "" && !encrypted {
		return nil, errors.New("ca_file is for tls = true")
	}
	var trust *tls.Config
	if encrypted {
		trust = &tls.Config{ServerName: host}
	}
	if caFile != "" {
		text, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("ca_file: there is no certificate in %s", caFile)
		}
	}
	return func() Target { return &Forward{Address: address, Tag: cmp.Or(tag, "gantry"), TLS: trust} }, nil
}
