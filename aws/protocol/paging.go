package protocol

import (
	"cmp"
	"encoding/base64"
	"iter"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// maxPage is the most results of one page, and, in most lists, how many there are where the caller
// does not say.
const maxPage = 100

// Listing is the whole of a list and which page of it is asked for.
type Listing[T any] struct {
	// Operation goes into the token, so that a token of one list is not taken for another's.
	Operation string
	// Rows has every result by its key. Keys are in ascending order of their bytes, or descending
	// where so said. A page goes on after the last key that was given, so rows that come or go
	// between two pages are neither doubled nor make others be left out.
	Rows       iter.Seq2[string, T]
	Descending bool
	MaxResults *int32
	Size       int // of a page where the caller does not say; zero: most
	Most       int // results of a page; zero: maxPage
	Token      string
}

// Page cuts the page out.
func (l Listing[T]) Page() (results []T, nextToken string, err error) {
	most := cmp.Or(l.Most, maxPage)
	size := cmp.Or(l.Size, most)
	if l.MaxResults != nil {
		size = int(*l.MaxResults)
	}
	if size < 1 || size > most {
		return nil, "", structs.Errorf(structs.KindInvalidParameter, "maxResults: %d is out of range; it must be between 1 and %d", size, most)
	}
	after, err := l.after()
	if err != nil {
		return nil, "", err
	}
	results = []T{}
	var last string
	for key, result := range l.Rows {
		if l.Token != "" && (key == after || (key < after) != l.Descending) {
			continue
		}
		if len(results) == size {
			return results, l.tokenOf(last), nil
		}
		results, last = append(results, result), key
	}
	return results, "", nil
}

func (l Listing[T]) tokenOf(key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(l.Operation + "\n" + key))
}

// after reads the key out of the token.
func (l Listing[T]) after() (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(l.Token)
	key, ok := strings.CutPrefix(string(raw), l.Operation+"\n")
	if l.Token != "" && (err != nil || !ok) {
		return "", structs.Errorf(structs.KindInvalidParameter, "nextToken: '%.100s' did not come from %s", l.Token, l.Operation)
	}
	return key, nil
}
