package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/gantry-project/gantry/structs"
)

// Mapped reads the objects of mapped buckets, from endpoints and from directories. The zero value
// is ready.
type Mapped struct{}

// Get returns the content of an object of at most limit bytes. secret is that of the mapping's key.
// Errors are as those of Store.Get.
func (Mapped) Get(ctx context.Context, m structs.BucketMapping, secret, key string, limit int64) ([]byte, error) {
	if m.Directory != "" {
		return getFile(m.Directory, key, limit)
	}
	store, err := New(Config{
		Endpoint: m.Endpoint, Region: m.Region, VirtualHost: m.VirtualHost, AccessKeyID: m.AccessKeyID, SecretAccessKey: secret,
	})
	if err != nil {
		return nil, err
	}
	return store.Get(ctx, m.Bucket, key, limit)
}

// getFile reads a file below a directory. os.Root refuses paths and links that lead out of it. A
// pipe or a device is not read: that might never end.
func getFile(dir, key string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("this server has no directory %s; every server must have it: %w", dir, err)
	}
	defer root.Close()
	file, err := root.OpenFile(key, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: this server's directory %s has no file %s", ErrNotFound, dir, key)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s in directory %s: %w", key, dir, errors.Unwrap(err))
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s in directory %s is not a file", key, dir)
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s in directory %s: %w", key, dir, err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s in directory %s: %w: it has more than %d bytes", key, dir, ErrTooLarge, limit)
	}
	return content, nil
}
