package cache

import "github.com/wasikv/wasikv/guests/go/canon"

// IncomingValue is a value that was read: a snapshot, which later changes of
// its key do not reach. It is consumed once, by ConsumeSync or ConsumeAsync.
type IncomingValue struct{ handle uint32 }

// Size gives the length of the value in bytes, also after it was consumed.
func (v *IncomingValue) Size() (uint64, error) {
	var result area
	incomingValueSize(v.handle, &result)
	if result.u8(0) != 0 {
		return 0, keyvalueError("incoming-value-size", "", result.u32(8))
	}
	return result.u64(8), nil
}

// ConsumeSync gives the whole value.
func (v *IncomingValue) ConsumeSync() ([]byte, error) {
	size, err := v.Size()
	if err != nil {
		return nil, err
	}
	canon.Land(make([]byte, size))
	var result area
	incomingValueConsumeSync(v.handle, &result)
	if result.u8(0) != 0 {
		canon.Abandon()
		return nil, keyvalueError("incoming-value-consume-sync", "", result.u32(4))
	}
	return result.bytes(4), nil
}

// ConsumeAsync gives the value as a stream, which outlives v.
func (v *IncomingValue) ConsumeAsync() (*InputStream, error) {
	var result area
	incomingValueConsumeAsync(v.handle, &result)
	if result.u8(0) != 0 {
		return nil, keyvalueError("incoming-value-consume-async", "", result.u32(4))
	}
	return &InputStream{handle: result.u32(4)}, nil
}

// Drop gives the value back.
func (v *IncomingValue) Drop() {
	if v.handle != 0 {
		incomingValueDrop(v.handle)
		v.handle = 0
	}
}

// OutgoingValue is a value to be stored. It is written once, by WriteBodySync
// or WriteBodyAsync; unwritten, it stores as an empty value.
type OutgoingValue struct{ handle uint32 }

// NewOutgoingValue makes a value to be stored by StartSetValue.
func NewOutgoingValue() *OutgoingValue { return &OutgoingValue{handle: newOutgoingValue()} }

// WriteBodySync gives the value its content. On a value that came from
// Vacancy.Fill this also stores it.
func (v *OutgoingValue) WriteBodySync(value []byte) error {
	var result area
	outgoingValueWriteBodySync(v.handle, pointer(value), uint32(len(value)), &result)
	if result.u8(0) != 0 {
		return keyvalueError("outgoing-value-write-body-sync", "", result.u32(4))
	}
	return nil
}

// WriteBodyAsync gives a stream to write the content to. Closing the stream of a
// value that came from Vacancy.Fill stores it.
func (v *OutgoingValue) WriteBodyAsync() (*OutputStream, error) {
	var result area
	outgoingValueWriteBodyAsync(v.handle, &result)
	if result.u8(0) != 0 {
		return nil, keyvalueError("outgoing-value-write-body-async", "", result.u32(4))
	}
	return &OutputStream{handle: result.u32(4)}, nil
}

// Drop gives the value back. What StartSetValue was given is stored all the
// same; a value that came from Vacancy.Fill and was not written is abandoned.
func (v *OutgoingValue) Drop() {
	if v.handle != 0 {
		outgoingValueDrop(v.handle)
		v.handle = 0
	}
}

// Vacancy is the right to give a key its value. It ends when the value is
// written, when the vacancy is dropped unfilled, or when the host's vacancy
// timeout passes, after which a late value is ignored.
type Vacancy struct{ handle uint32 }

// Fill takes up the right: the key gets what is written to the value.
func (v *Vacancy) Fill(ttl TTL) *OutgoingValue {
	disc, ms := ttl.flat()
	return &OutgoingValue{handle: vacancyFill(v.handle, disc, ms)}
}

// Drop gives the vacancy back. Unfilled, the right passes to the next who waits.
func (v *Vacancy) Drop() {
	if v.handle != 0 {
		vacancyDrop(v.handle)
		v.handle = 0
	}
}
