package keyvalue

import (
	"context"

	cachebind "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host/component"
)

// vacancy is the resource vacancy: the task to fill in the value of a key.
type vacancy struct {
	guest  *guest
	claim  *backends.Vacancy
	filled bool // the claim is the outgoing-value's
}

var _ cachebind.Vacancy = (*vacancy)(nil)

// VacancyFill is [method]vacancy.vacancy-fill. A second call gives a value that
// takes no body. Whether the vacancy is still the guest's shows only when the
// value is written.
func (v *vacancy) VacancyFill(_ context.Context, ttlMs component.Option[uint32]) (cachebind.OutgoingValue, error) {
	o := v.guest.outgoing()
	if v.filled {
		o.inert, o.failed = true, errFilled
		return o, nil
	}
	v.filled = true
	o.claim, o.ttl = v.claim, ttl(ttlMs)
	return o, nil
}

// Drop is called when the guest drops the vacancy: unless it was filled, it goes
// to the next in line.
func (v *vacancy) Drop(context.Context) {
	if !v.filled {
		v.guest.claims.release(v.claim)
	}
}
