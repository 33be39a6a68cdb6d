package cache

import "io"

// Get gives the value of a key, and whether there is one.
func Get(key string) (value []byte, ok bool, err error) {
	v, err := StartGet(key).Wait()
	if v == nil {
		return nil, false, err
	}
	defer v.Drop()
	value, err = v.ConsumeSync()
	return value, err == nil, named(err, "get", key)
}

// GetTo copies the value of a key to w, piece by piece, and says whether there
// is one: for values that need not fit into memory at once. n counts the bytes
// copied, also before an error.
func GetTo(key string, w io.Writer) (n int64, ok bool, err error) {
	v, err := StartGet(key).Wait()
	if v == nil {
		return 0, false, err
	}
	defer v.Drop()
	s, err := v.ConsumeAsync()
	if err != nil {
		return 0, true, named(err, "get", key)
	}
	defer s.Close()
	n, err = io.Copy(w, s)
	return n, true, named(err, "get", key)
}

// Set stores a value.
func Set(key string, value []byte, ttl TTL) error {
	_, err := StartSet(key, value, ttl).Wait()
	return err
}

// SetFrom stores what r gives until its end, handing it to the host piece by
// piece. Where r fails, nothing is stored and the error is r's.
func SetFrom(key string, r io.Reader, ttl TTL) error {
	v := NewOutgoingValue()
	defer v.Drop()
	s, err := v.WriteBodyAsync()
	if err != nil {
		return named(err, "set", key)
	}
	_, err = io.Copy(s, r)
	if closed := s.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return named(err, "set", key)
	}
	_, err = StartSetValue(key, v, ttl).Wait()
	return err
}

// Exists says whether a key has a value.
func Exists(key string) (bool, error) { return StartExists(key).Wait() }

// Delete removes a key. That the key is absent is no error.
func Delete(key string) error {
	_, err := StartDelete(key).Wait()
	return err
}

// GetOrSet gives the value of a key; where there is none, it calls compute,
// stores what that gives for ttl, and gives it, too. hit says that the value
// was there already.
//
// Of all who ask for one absent key at the same time, one computes and the
// others wait for its value. Where compute fails or panics, the next of them
// computes instead, and the error is compute's. Where only storing fails, the
// value is given together with the *Error.
func GetOrSet(key string, ttl TTL, compute func() ([]byte, error)) (value []byte, hit bool, err error) {
	entry, err := StartGetOrSet(key).Wait()
	if err != nil {
		return nil, false, err
	}
	defer entry.Drop()
	if entry.Occupied != nil {
		value, err = entry.Occupied.ConsumeSync()
		return value, err == nil, named(err, "get-or-set", key)
	}
	value, err = compute()
	if err != nil {
		return nil, false, err
	}
	v := entry.Vacant.Fill(ttl)
	defer v.Drop()
	return value, false, named(v.WriteBodySync(value), "get-or-set", key)
}
