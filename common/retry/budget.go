package retry

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// DefaultBudgetTTL is about how long a token lasts. It is Finagle's default.
const DefaultBudgetTTL = 10 * time.Second

// Budget limits the load that retries add, over all calls that share it. Usually
// a client has one Budget. It counts items: a batch of 256 counts 256 times as
// much as a single call, both when it is made and when it is retried.
//
// Every call deposits ratio tokens per item when it begins. Time deposits
// perSecond tokens per second, so that a client that makes few calls can retry
// too. A retry withdraws one token per item. Tokens decay with the time constant
// ttl, like those that expire in Finagle's RetryBudget, so that the savings of a
// quiet hour are not spent on a server in trouble all at once. The balance
// approaches, and by itself never exceeds,
//
//	ttl * (perSecond + ratio * items per second)
//
// It starts at ttl * perSecond, the floor. A retry that costs more than half the
// floor is granted if the balance is at least that half; the balance then
// becomes negative, a debt. Without this rule a client that makes few calls could
// never retry a batch. With no floor (perSecond 0) there is no debt.
//
// So in any time t the number of retried items is at most
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
// items, 0 to 1, and for perSecond further items per second, 0 or more. ttl is
// how long tokens last, see [DefaultBudgetTTL]. Usual values are 0.1, 10 and 10 s.
// A value out of range is an error, and so are a ratio and a perSecond that are
// both 0.
func NewBudget(ratio, perSecond float64, ttl time.Duration) (*Budget, error) {
	var errs []error
	if !(ratio >= 0 && ratio <= 1) {
		errs = append(errs, fmt.Errorf("ratio %v is not between 0 and 1", ratio))
	}
	if !(perSecond >= 0) || math.IsInf(perSecond, 1) {
		errs = append(errs, fmt.Errorf("perSecond %v is not a finite rate of 0 or more", perSecond))
	}
	if ttl <= 0 {
		errs = append(errs, fmt.Errorf("ttl %v is not positive", ttl))
	}
	if ratio == 0 && perSecond == 0 {
		errs = append(errs, errors.New("ratio and perSecond are both 0, which never grants a retry: set the policy's MaxAttempts to 1 instead"))
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

// Deposit adds the tokens for a call of the given number of items. [Do] does this
// once per call, before the first attempt, unless [Policy.Deposited] is set.
func (b *Budget) Deposit(items int) {
	if b != nil && items > 0 {
		b.deposit(time.Now(), items)
	}
}

// Withdraw asks for a retry of the given number of items and reports whether it
// is granted. A refused retry costs nothing.
func (b *Budget) Withdraw(items int) bool {
	if b == nil || items <= 0 {
		return true
	}
	return b.withdraw(time.Now(), items)
}

// Balance returns the number of tokens now. It is negative after a retry on
// debt. It is meant for a gauge.
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

// settle updates the balance to the time now: it is the solution of
//
//	balance' = perSecond - max(balance, 0) / ttl
//
// A debt does not decay: only deposits repay it.
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
