package place

// ranking is a heap whose first item is the least. Only the first item ever moves in the order, or
// leaves.
type ranking[T any] struct {
	items []T
	less  func(a, b T) bool
}

// build orders items that were added in any order.
func (r *ranking[T]) build() {
	for i := len(r.items)/2 - 1; i >= 0; i-- {
		r.down(i)
	}
}

// push adds an item.
func (r *ranking[T]) push(item T) {
	r.items = append(r.items, item)
	for i := len(r.items) - 1; i > 0; {
		above := (i - 1) / 2
		if !r.less(r.items[i], r.items[above]) {
			return
		}
		r.items[i], r.items[above] = r.items[above], r.items[i]
		i = above
	}
}

// fix moves the first item to its place after it has become greater.
func (r *ranking[T]) fix() { r.down(0) }

// pop removes the first item.
func (r *ranking[T]) pop() {
	last := len(r.items) - 1
	r.items[0] = r.items[last]
	r.items = r.items[:last]
	r.down(0)
}

func (r *ranking[T]) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(r.items); child++ {
			if r.less(r.items[child], r.items[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		r.items[i], r.items[least] = r.items[least], r.items[i]
		i = least
	}
}
