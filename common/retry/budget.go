package retry

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// DefaultBudgetTTL is how long, about, a token lasts (Finagle's default).
const DefaultBudgetTTL = 10 * time.Second

// Budget bounds how much load retries may add, over all the calls that share
// it: one Budget a client, as a rule. It counts items, so that a batch of 256
// weighs 256 times a single call, both when it is made and when it is retried.
//
// Every call deposits ratio tokens an item, when it begins; time deposits
// perSecond tokens a second, which lets a client retry that makes few calls;
// a retry withdraws one token an item. Tokens leak away with the time constant
// ttl, like those that expire in Finagle's RetryBudget, so that what a quiet
// hour has saved up is not spent on a callee in trouble all at once: the
// balance approaches, and by itself never exceeds,
//
//	ttl * (perSecond + ratio * items per second)
//
// and begins at ttl * perSecond, the floor. A retry that weighs more than half
// the floor needs only that half, and leaves the rest as a debt to be repaid;
// without this a batch could never be retried by a client that makes few
// calls. With no floor (perSecond 0) there is no such credit.
//
// In any time t, then, the items retried are at most
//
//	balance at its start + ratio * items + perSecond * t + items of one call.
//
// A Budget is safe for concurrent use and allocates nothing. A nil *Budget
// grants every retry.
type Budget struct {
	ratio     float64
	perSecond float64
	ttl       float64 // seconds
	floor     float64

	mu      sync.Mutex
	balance float64
	asOf    time.Time
}

// NewBudget returns a budget that grants retries for the share ratio of all
// items, from 0 to 1, and perSecond items a second on top, at least 0. ttl is
// how long tokens last, see [DefaultBudgetTTL]. 0.1, 10 and 10 s are usual. A
// value out of range, or both of ratio and perSecond 0, is an error.
func NewBudget(ratio, perSecond float64, ttl time.Duration) (*Budget, error) {
	var errs []error
	if !(ratio >= 0 && ratio <= 1) {
		errs = append(errs, fmt.Errorf("ratio %v is not within 0 and 1", ratio))
	}
	if !(perSecond >= 0) || math.IsInf(perSecond, 1) {
		errs = append(errs, fmt.Errorf("perSecond %v is not a rate of at least 0", perSecond))
	}
	if ttl <= 0 {
		errs = append(errs, fmt.Errorf("ttl %v is not positive", ttl))
	}
	if ratio == 0 && perSecond == 0 {
		errs = append(errs, errors.New("ratio and perSecond are both 0, which grants no retry ever: set a policy's MaxAttempts to 1 instead"))
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("retry: budget: %w", errors.Join(errs...))
	}
	floor := perSecond * ttl.Seconds()
	return &Budget{
		ratio:     ratio,
		perSecond: perSecond,
		ttl:       ttl.Seconds(),
		floor:     floor,
		balance:   floor,
		asOf:      time.Now(),
	}, nil
}

// Deposit credits a call of the given number of items. [Do] does this once a
// call, before the first try, unless the policy says that it is [Policy.Deposited].
func (b *Budget) Deposit(items int) {
	if b != nil && items > 0 {
		b.deposit(time.Now(), items)
	}
}

// Withdraw asks for a retry of the given number of items and reports whether
// it is granted. What is refused costs nothing.
func (b *Budget) Withdraw(items int) bool {
	if b == nil || items <= 0 {
		return true
	}
	return b.withdraw(time.Now(), items)
}

// Balance returns the tokens there are now; less than 0 is a debt. It is meant
// for a gauge.
func (b *Budget) Balance() float64 {
	if b == nil {
		return math.Inf(1)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle(time.Now())
	return b.balance
}

func (b *Budget) deposit(now time.Time, items int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle(now)
	b.balance += b.ratio * float64(items)
}

func (b *Budget) withdraw(now time.Time, items int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle(now)
	cost := float64(items)
	need := cost
	if b.floor > 0 {
		need = min(cost, b.floor/2)
	}
	if b.balance < need {
		return false
	}
	b.balance -= cost
	return true
}

// settle brings the balance up to now: the solution of
//
//	balance' = perSecond - max(balance, 0) / ttl
//
// A debt does not leak away; only deposits repay it.
func (b *Budget) settle(now time.Time) {
	dt := now.Sub(b.asOf).Seconds()
	if dt <= 0 {
		return
	}
	b.asOf = now
	if b.balance < 0 {
		if b.balance += b.perSecond * dt; b.balance <= 0 {
			return
		}
		dt = b.balance / b.perSecond // since the debt was repaid
		b.balance = 0
	}
	b.balance = b.floor + (b.balance-b.floor)*math.Exp(-dt/b.ttl)
}
