package protocol

import (
	"cmp"
	"encoding/base64"
	"iter"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// maxPage is the most results on one page and, in most lists, the number if the caller gives none.
const maxPage = 100

// Listing is a whole list, and the page of it that is asked for.
type Listing[T any] struct {
	// Operation goes into the token, so that a token of one list is not accepted for another.
	Operation string
	// Rows has every result by its key. Keys are in ascending byte order, or descending if
	// Descending is set. A page continues after the last key of the one before, so rows that come
	// or go between two pages neither repeat others nor leave them out.
	Rows       iter.Seq2[string, T]
	Descending bool
	MaxResults *int32
	Size       int // of a page where the caller does not say; zero: most
	Most       int // results of a page; zero: maxPage
	Token      string
}

// Page returns the page.
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

// after reads the key from the token.
func (l Listing[T]) after() (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(l.Token)
	key, ok := strings.CutPrefix(string(raw), l.Operation+"\n")
	if l.Token != "" && (err != nil || !ok) {
		return "", structs.Errorf(structs.KindInvalidParameter, "nextToken: '%.100s' did not come from %s", l.Token, l.Operation)
	}
	return key, nil
}
