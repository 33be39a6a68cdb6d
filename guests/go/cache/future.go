package cache

// Future is an answer that the host is working on. The work progresses whether
// or not the guest asks; Ready, Wait, WaitAll and WaitAny tell when it is done.
//
// Drop a Future that is not waited for. Dropping a pending get or exists
// cancels it, dropping a pending set or delete does not, and dropping a pending
// get-or-set leaves its queue.
type Future[T any] struct {
	kind     *kind[T]
	key      string
	op       string
	handle   uint32 // 0: given back
	pollable uint32 // 0: none
	done     bool
	handed   bool // Wait gave the value away
	value    T
	err      error
}

// kind is what the four future resources differ in. All return
// option<result<T, error>>: the option's case at 0, the result's at 4, the
// payload or the error at 8.
type kind[T any] struct {
	take    func(self uint32, result *area)
	listen  func(self uint32) uint32
	drop    func(self uint32)
	lift    func(result *area) T
	release func(T)
}

// Ready says whether the answer is there; it never waits.
func (f *Future[T]) Ready() bool {
	if f.done || f.handle == 0 {
		return true
	}
	var result area
	f.kind.take(f.handle, &result)
	if result.u8(0) == 0 {
		return false
	}
	f.done = true
	if result.u8(4) == 0 {
		f.value = f.kind.lift(&result)
	} else {
		f.err = keyvalueError(f.op, f.key, result.u32(8))
	}
	f.giveBack()
	return true
}

// Wait waits for the answer and gives it; every further call gives the same.
// What the answer holds is the caller's to drop. The error is an *Error.
func (f *Future[T]) Wait() (T, error) {
	for !f.Ready() {
		pollableBlock(f.subscribe())
	}
	f.handed = true
	return f.value, f.err
}

// Drop gives the future back, with an answer that Wait has not given away.
// Without an answer, Wait then gives T's zero value.
func (f *Future[T]) Drop() {
	f.giveBack()
	if f.done && !f.handed && f.err == nil {
		f.handed = true
		f.kind.release(f.value)
		var none T
		f.value = none
	}
}

// giveBack drops the handles, the pollable before what it listens to.
func (f *Future[T]) giveBack() {
	if f.pollable != 0 {
		pollableDrop(f.pollable)
		f.pollable = 0
	}
	if f.handle != 0 {
		f.kind.drop(f.handle)
		f.handle = 0
	}
}

func (f *Future[T]) subscribe() uint32 {
	if f.pollable == 0 {
		f.pollable = f.kind.listen(f.handle)
	}
	return f.pollable
}

// Done is the answer of a Future that only tells success or failure.
type Done struct{}

// Entry is the answer to get-or-set: exactly one of its fields is set.
type Entry struct {
	// Occupied is the value that the key has.
	Occupied *IncomingValue
	// Vacant is the right to give the key its value. Others who ask for the same
	// key wait until it is filled or dropped.
	Vacant *Vacancy
}

// Drop gives back whichever field is set.
func (e Entry) Drop() {
	if e.Occupied != nil {
		e.Occupied.Drop()
	}
	if e.Vacant != nil {
		e.Vacant.Drop()
	}
}

var getKind = &kind[*IncomingValue]{
	take:   futureGetResultGet,
	listen: futureGetResultListen,
	drop:   futureGetResultDrop,
	lift: func(result *area) *IncomingValue {
		if result.u8(8) == 0 {
			return nil
		}
		return &IncomingValue{handle: result.u32(12)}
	},
	release: func(v *IncomingValue) {
		if v != nil {
			v.Drop()
		}
	},
}

var existsKind = &kind[bool]{
	take:    futureExistsResultGet,
	listen:  futureExistsResultListen,
	drop:    futureExistsResultDrop,
	lift:    func(result *area) bool { return result.u8(8) != 0 },
	release: func(bool) {},
}

var doneKind = &kind[Done]{
	take:    futureResultGet,
	listen:  futureResultListen,
	drop:    futureResultDrop,
	lift:    func(*area) Done { return Done{} },
	release: func(Done) {},
}

var getOrSetKind = &kind[Entry]{
	take:   futureGetOrSetResultGet,
	listen: futureGetOrSetResultListen,
	drop:   futureGetOrSetResultDrop,
	lift: func(result *area) Entry {
		if result.u8(8) == 0 {
			return Entry{Occupied: &IncomingValue{handle: result.u32(12)}}
		}
		return Entry{Vacant: &Vacancy{handle: result.u32(12)}}
	},
	release: Entry.Drop,
}
