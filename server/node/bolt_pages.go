package node

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
)

// Bolt has checksums only on its two meta pages. It maps its file into memory and trusts it. A
// flipped bit in a page may send bolt outside the file or in circles, which ends the process, or to
// a page of an earlier state, which has an older vote. So checkBolt reads the file before bolt
// does, and checks it against bolt's format (version 2, go.etcd.io/bbolt/internal/common), in which
// each page is either free or in use exactly once.

// The kinds of pages, and the flag of a leaf's element that is a bucket.
const (
	boltBranch   = 0x01
	boltLeaf     = 0x02
	boltFreelist = 0x10
	boltBucket   = 0x01
)

const (
	boltHeaderSize = 16 // of a page: id (8 bytes), flags (2), count (2), overflow (4)
	// boltElementSize is the size of the head of an element. In a branch: pos (4), key size (4),
	// page (8). In a leaf: flags (4), pos (4), key size (4), value size (4).
	boltElementSize = 16
	boltMetaSize    = 56 // its FNV-1a in 8 bytes follows
	boltBucketSize  = 16 // of a bucket's value: root page (8), sequence (8)
	boltMagic       = 0xED0CDAED
	boltVersion     = 2
)

var native = binary.NativeEndian

// boltFile is one of bolt's files, while it is being checked.
type boltFile struct {
	file     io.ReaderAt
	pageSize int64
	used     []bool // by page
}

// boltMeta is the part of a meta page that is needed here.
type boltMeta struct {
	pageSize                   int64
	root, freelist, pages, txn uint64
}

// checkBolt returns an error if bolt must not open a file. A missing file is not an error.
func checkBolt(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	b := &boltFile{file: f}
	meta, err := b.meta()
	if err != nil {
		return err
	}
	stat, err := f.Stat()
	if err != nil {
		return err
	}
	if meta.pages > uint64(stat.Size()/b.pageSize) {
		return damaged("it ends after %d bytes of %d pages", stat.Size(), meta.pages)
	}
	b.used = make([]bool, meta.pages)
	b.used[0], b.used[1] = true, true
	if err := b.tree(meta.root, nil, nil, b.bucket); err != nil {
		return err
	}
	return b.freelist(meta.freelist)
}

// meta returns the newer of the two meta pages. Both must be intact: if the newer one is not, bolt
// uses the older one, and with it the state before the last write.
func (b *boltFile) meta() (boltMeta, error) {
	even, err := b.readMeta(0)
	if err != nil {
		return even, err
	}
	b.pageSize = even.pageSize
	odd, err := b.readMeta(b.pageSize)
	if err != nil {
		return odd, err
	}
	if even.txn%2 != 0 || odd.txn != even.txn+1 && odd.txn+1 != even.txn || even.pageSize != odd.pageSize {
		return even, damaged("its meta pages are of transactions %d and %d", even.txn, odd.txn)
	}
	if odd.txn > even.txn {
		return odd, nil
	}
	return even, nil
}

func (b *boltFile) readMeta(at int64) (boltMeta, error) {
	raw := make([]byte, boltMetaSize+8)
	if _, err := b.file.ReadAt(raw, at+boltHeaderSize); err != nil {
		return boltMeta{}, damaged("read its meta page at %d: %w", at, err)
	}
	sum := fnv.New64a()
	sum.Write(raw[:boltMetaSize])
	m := boltMeta{
		pageSize: int64(native.Uint32(raw[8:])), root: native.Uint64(raw[16:]),
		freelist: native.Uint64(raw[32:]), pages: native.Uint64(raw[40:]), txn: native.Uint64(raw[48:]),
	}
	switch {
	case native.Uint32(raw) != boltMagic || native.Uint32(raw[4:]) != boltVersion ||
		m.pageSize < boltHeaderSize || m.pages < 2:
		return m, damaged("what is at %d is not the meta page of a log", at)
	case native.Uint64(raw[boltMetaSize:]) != sum.Sum64():
		return m, damaged("the checksum of its meta page at %d is wrong", at)
	}
	return m, nil
}

// page reads a page with its overflow pages and marks them as used. It returns the page's kind, its
// number of elements, and all of its bytes.
func (b *boltFile) page(id uint64) (kind, count int, raw []byte, err error) {
	if id >= uint64(len(b.used)) {
		return 0, 0, nil, damaged("page %d is beyond its end", id)
	}
	var header [boltHeaderSize]byte
	if _, err := b.file.ReadAt(header[:], int64(id)*b.pageSize); err != nil {
		return 0, 0, nil, damaged("read page %d: %w", id, err)
	}
	pages := 1 + uint64(native.Uint32(header[12:]))
	if native.Uint64(header[:]) != id || pages > uint64(len(b.used))-id {
		return 0, 0, nil, damaged("page %d says it is page %d, and %d long", id, native.Uint64(header[:]), pages)
	}
	for i := id; i < id+pages; i++ {
		if err := b.use(i); err != nil {
			return 0, 0, nil, err
		}
	}
	raw = make([]byte, int64(pages)*b.pageSize)
	if _, err := b.file.ReadAt(raw, int64(id)*b.pageSize); err != nil {
		return 0, 0, nil, damaged("read page %d: %w", id, err)
	}
	return int(native.Uint16(raw[8:])), int(native.Uint16(raw[10:])), raw, nil
}

func (b *boltFile) use(page uint64) error {
	if page >= uint64(len(b.used)) || b.used[page] {
		return damaged("page %d is in use twice, or free and in use, or beyond the end", page)
	}
	b.used[page] = true
	return nil
}

// boltElement is an element of a branch or a leaf.
type boltElement struct {
	bucket     bool
	page       uint64 // of a branch
	key, value []byte // only a leaf has values
}

// boltElements returns the elements of a branch or a leaf. Their keys must ascend from low to below
// high; nil is no bound. Bolt writes the keys and values without gaps, after the heads of all
// elements.
func boltElements(kind, count int, raw, low, high []byte) ([]boltElement, error) {
	if kind != boltBranch && kind != boltLeaf {
		return nil, damaged("a page of kind %d is in a tree", kind)
	}
	elements := make([]boltElement, count)
	at := boltHeaderSize + count*boltElementSize
	for i := range elements {
		e, start := &elements[i], boltHeaderSize+i*boltElementSize
		if start+boltElementSize > len(raw) {
			return nil, damaged("a page is cut off")
		}
		head := raw[start : start+boltElementSize]
		pos, keySize, valueSize := native.Uint32(head), native.Uint32(head[4:]), uint32(0)
		if kind == boltBranch {
			e.page = native.Uint64(head[8:])
		} else {
			e.bucket = pos == boltBucket
			if pos > boltBucket {
				return nil, damaged("an element has the unknown flags %d", pos)
			}
			pos, keySize, valueSize = keySize, native.Uint32(head[8:]), native.Uint32(head[12:])
		}
		end := int64(at) + int64(keySize) + int64(valueSize)
		if int64(start)+int64(pos) != int64(at) || end > int64(len(raw)) {
			return nil, damaged("an element is not where it should be")
		}
		e.key, e.value = raw[at:at+int(keySize)], raw[at+int(keySize):end]
		at = int(end)
		switch {
		case keySize == 0 || low != nil && bytes.Compare(e.key, low) < 0 || high != nil && bytes.Compare(e.key, high) >= 0:
			return nil, damaged("the key %x is not where it should be", e.key)
		case i > 0 && bytes.Compare(elements[i-1].key, e.key) >= 0:
			return nil, damaged("the keys %x and %x are in the wrong order", elements[i-1].key, e.key)
		}
	}
	return elements, nil
}

// tree calls visit with every element of the leaves below a page.
func (b *boltFile) tree(id uint64, low, high []byte, visit func(boltElement) error) error {
	kind, count, raw, err := b.page(id)
	if err != nil {
		return err
	}
	elements, err := boltElements(kind, count, raw, low, high)
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	for i, e := range elements {
		next := high
		if i+1 < len(elements) {
			next = elements[i+1].key
		}
		if kind == boltBranch {
			err = b.tree(e.page, e.key, next, visit)
		} else {
			err = visit(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket checks one of the buckets of raft-boltdb, which are in the root.
func (b *boltFile) bucket(e boltElement) error {
	visit, known := map[string]func(boltElement) error{"logs": checkLogKey, "conf": checkStableKey}[string(e.key)]
	if !known || !e.bucket || len(e.value) < boltBucketSize {
		return damaged("it has a bucket %q", e.key)
	}
	if root := native.Uint64(e.value); root != 0 {
		return b.tree(root, nil, nil, visit)
	}
	inline := e.value[boltBucketSize:] // a small bucket is a page inside its value
	if len(inline) < boltHeaderSize || native.Uint16(inline[8:]) != boltLeaf {
		return damaged("the bucket %q is not a page", e.key)
	}
	elements, err := boltElements(boltLeaf, int(native.Uint16(inline[10:])), inline, nil, nil)
	for _, element := range elements {
		err = cmp.Or(err, visit(element))
	}
	return err
}

func checkLogKey(e boltElement) error {
	if e.bucket || len(e.key) != 8 {
		return damaged("it has an entry %x", e.key)
	}
	return nil
}

func checkStableKey(e boltElement) error {
	for _, key := range [][]byte{termKey, votedInKey, votedForKey} {
		if !e.bucket && bytes.Equal(e.key, key) {
			return nil
		}
	}
	return damaged("it has a value %q", e.key)
}

// freelist checks that no free page is in use.
func (b *boltFile) freelist(id uint64) error {
	kind, count, raw, err := b.page(id)
	if err != nil {
		return err
	}
	ids := raw[boltHeaderSize:]
	if count == 0xFFFF { // that many or more pages: the first number is the count
		count, ids = int(min(native.Uint64(ids), uint64(len(ids)))), ids[8:]
	}
	if kind != boltFreelist || count > len(ids)/8 {
		return damaged("page %d is not a list of %d free pages", id, count)
	}
	for i := range count {
		if err := b.use(native.Uint64(ids[8*i:])); err != nil {
			return err
		}
	}
	return nil
}
