package ecs

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

// listing is the whole of a list and which page of it is asked for.
type listing struct {
	// operation goes into the token, so that a token of one list is not taken for another's.
	operation string
	// rows gives every result by its key. Keys are in ascending order of their bytes, or descending
	// where so said. A page goes on after the last key that was given, so rows that come or go
	// between two pages are neither doubled nor make others be left out.
	rows       iter.Seq2[string, string]
	descending bool
	maxResults *int32
	size       int // of a page where the caller does not say; zero: most
	most       int // results of a page; zero: maxPage
	token      string
}

// page cuts the page out.
func (l listing) page() (results []string, nextToken string, err error) {
	most := cmp.Or(l.most, maxPage)
	size := cmp.Or(l.size, most)
	if l.maxResults != nil {
		size = int(*l.maxResults)
	}
	if size < 1 || size > most {
		return nil, "", structs.Errorf(structs.KindInvalidParameter, "maxResults: %d is out of range; it must be between 1 and %d", size, most)
	}
	after, err := l.after()
	if err != nil {
		return nil, "", err
	}
	results = []string{}
	var last string
	for key, result := range l.rows {
		if l.token != "" && (key == after || (key < after) != l.descending) {
			continue
		}
		if len(results) == size {
			return results, l.tokenOf(last), nil
		}
		results, last = append(results, result), key
	}
	return results, "", nil
}

func (l listing) tokenOf(key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(l.operation + "\n" + key))
}

// after reads the key out of the token.
func (l listing) after() (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(l.token)
	key, ok := strings.CutPrefix(string(raw), l.operation+"\n")
	if l.token != "" && (err != nil || !ok) {
		return "", structs.Errorf(structs.KindInvalidParameter, "nextToken: '%.100s' did not come from %s", l.token, l.operation)
	}
	return key, nil
}
