package terminologyclient

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"aecode/common/retry"
	"aecode/data-sync/internal/halving"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	terminologypb "aecode/proto/terminology"
)

// maxTerminal is how many calls in a row may fail for good before halving
// gives up and takes the fault to be terminology's: enough to find about eight
// bad items side by side, far fewer calls than one an item.
const maxTerminal = 24

// batch brings up to MaxBatch items to an answer or a failure each.
type batch struct {
	client  *Client
	pin     report.Versions
	terms   []run.Term
	answers []run.Answer

	open []bool
	// groups are the items still to send; a call takes the front of the topmost.
	groups *halving.Groups
	// spent counts the failed tries that an item was the reason for, or part of.
	spent []int
	// deposited are the items that the retry budget was credited with.
	deposited []bool
	// most is how many items a call of this round carries at most.
	most int
	// sent are the items of the last call.
	sent []int

	// answered: terminology spoke about so many items for good.
	answered int
	// terminal calls failed for good since the last that did not; accused are
	// the items they ended at.
	terminal int
	accused  []int
	// soft is the first transient failure that terminology gave for one item.
	soft *run.Failure
}

func newBatch(c *Client, pin report.Versions, terms []run.Term) *batch {
	b := &batch{
		client: c, pin: pin, terms: terms, answers: make([]run.Answer, len(terms)),
		open: make([]bool, len(terms)), spent: make([]int, len(terms)), deposited: make([]bool, len(terms)),
	}
	for i := range b.open {
		b.open[i] = true
	}
	b.groups = halving.Of(len(terms))
	return b
}

// run works until every item is closed or a failure concerns them all, which
// it returns.
func (b *batch) run(ctx context.Context) *run.Failure {
	ctx, cancel := context.WithTimeout(ctx, b.client.cfg.Overall)
	defer cancel()
	for b.next() {
		err := b.round(ctx)
		if err == nil {
			continue
		}
		if failure := b.failed(ctx, err); failure != nil {
			return failure
		}
	}
	if b.answered == 0 && b.soft != nil {
		return b.soft
	}
	return nil
}

// next drops what is closed or out of tries, and reports whether a group is
// left.
func (b *batch) next() bool {
	for group := b.groups.Top(); group != nil; group = b.groups.Top() {
		for _, i := range group {
			if b.open[i] && b.spent[i] >= b.client.cfg.MaxAttempts {
				b.close(i, run.Answer{Err: &run.Failure{Class: run.ClassDeadline}})
			}
		}
		if b.groups.Drop(func(i int) bool { return !b.open[i] }) {
			return true
		}
	}
	return false
}

// round sends the front of the topmost group, with tries.
func (b *batch) round(ctx context.Context) error {
	policy := b.client.policy
	// The size is shared: it may grow before a retry, which is to carry no more
	// than it pays for. It may carry less, or others.
	b.most = len(b.terms)
	first := b.front()
	b.most = len(first)
	for _, i := range first {
		policy.MaxAttempts = min(policy.MaxAttempts, b.client.cfg.MaxAttempts-b.spent[i])
	}
	policy.Items, policy.Deposited = len(first), true
	return retry.Do(ctx, policy, b.try)
}

// front is what the next call carries.
func (b *batch) front() []int {
	top := b.groups.Top()
	return top[:min(b.client.size.Get(), b.most, len(top))]
}

// deposit credits the budget with what is sent for the first time. What is sent
// again, since terminology had no time for it or it is part of a half, earns
// nothing: else the budget would grow with terminology's overload.
func (b *batch) deposit(items []int) {
	fresh := 0
	for _, i := range items {
		if !b.deposited[i] {
			b.deposited[i] = true
			fresh++
		}
	}
	b.client.policy.Budget.Deposit(fresh)
}

// try is one call. Items that terminology had no time for stay in the group,
// without having spent a try.
func (b *batch) try(ctx context.Context) error {
	b.sent = slices.Clone(b.front())
	b.deposit(b.sent)
	start := time.Now()
	results, err := b.client.send(ctx, b.pin, b.itemsOf(b.sent))
	took := time.Since(start)
	if err != nil {
		timedOut := ctx.Err() != nil || codeOf(err) == codes.DeadlineExceeded
		for _, i := range b.sent {
			b.spent[i]++
		}
		if timedOut {
			b.resize(b.client.size.TooMany(len(b.sent), 0))
			// Others first: one slow item must not hold up the whole group.
			b.groups.ToTheBack(len(b.sent))
		}
		return err
	}
	closed := 0
	for n, i := range b.sent {
		if _, notYet := results[n].GetOutcome().(*terminologypb.EncodeResult_NotProcessed); notYet {
			continue
		}
		b.close(i, answerOf(b.pin, results[n]))
		closed++
	}
	if closed == 0 {
		// The first one alone took all the time there was.
		b.spent[b.sent[0]]++
		b.resize(b.client.size.TooMany(len(b.sent), 0))
		b.groups.ToTheBack(1)
		return errNoProgress
	}
	b.terminal, b.accused = 0, nil
	b.resize(b.client.size.Done(closed, took))
	if closed < len(b.sent) {
		b.resize(b.client.size.TooMany(len(b.sent), closed))
	}
	return nil
}

// failed decides what a round's final error means. It returns a failure where
// that concerns all that is open.
func (b *batch) failed(ctx context.Context, err error) *run.Failure {
	failure := failureOf(err)
	switch {
	case ctx.Err() != nil:
		return failure
	case errors.Is(err, errNoProgress):
		if e, ok := errors.AsType[*retry.Error](err); ok && e.Reason != retry.ReasonExhausted {
			return failure
		}
		for i := range b.spent {
			if b.open[i] && b.spent[i] >= b.client.cfg.MaxAttempts {
				b.accuse(i, &run.Failure{Class: run.ClassDeadline, Item: true, Again: true, Err: err})
			}
		}
		return nil
	case mayBeOneItem(err):
		return b.halve(failure)
	case failure.Class == run.ClassDeadline && len(b.sent) == 1 && b.client.probe(ctx, b.pin) == nil:
		b.accuse(b.sent[0], &run.Failure{Class: run.ClassDeadline, Item: true, Again: true, Err: err})
		return nil
	}
	return failure
}

// halve takes a call that failed for good apart, down to the item at fault.
func (b *batch) halve(failure *run.Failure) *run.Failure {
	b.terminal++
	if b.terminal > maxTerminal {
		// Everything fails: then it is not the items.
		for _, i := range b.accused {
			b.answers[i], b.open[i] = run.Answer{}, true
		}
		b.accused = nil
		return failure
	}
	if len(b.sent) == 1 {
		failure.Item = true
		b.accuse(b.sent[0], failure)
		return nil
	}
	b.groups.Split(b.sent)
	// A call that was understood and refused is no failed try of its items.
	for _, i := range b.sent {
		b.spent[i] = max(b.spent[i]-1, 0)
	}
	b.sent = nil
	return nil
}

func (b *batch) close(i int, a run.Answer) {
	b.open[i], b.answers[i] = false, a
	if f, ok := errors.AsType[*run.Failure](a.Err); ok && !f.Item {
		if b.soft == nil {
			b.soft = f
		}
		return
	}
	b.answered++
}

func (b *batch) accuse(i int, f *run.Failure) {
	b.open[i], b.answers[i] = false, run.Answer{Err: f}
	b.accused = append(b.accused, i)
}

// kept counts the items that have an outcome of their own.
func (b *batch) kept() int {
	n := 0
	for i := range b.answers {
		f, failed := errors.AsType[*run.Failure](b.answers[i].Err)
		if !b.open[i] && (!failed || f.Item) {
			n++
		}
	}
	return n
}

func (b *batch) fillWith(f *run.Failure) {
	for i, open := range b.open {
		if open && f != nil {
			b.answers[i] = run.Answer{Err: &run.Failure{Class: f.Class, Err: f.Err}}
		}
	}
}

func (b *batch) resize(n int) { b.client.seen.BatchSize(n) }

func (b *batch) itemsOf(idx []int) []*terminologypb.EncodeItem {
	items := make([]*terminologypb.EncodeItem, len(idx))
	for n, i := range idx {
		t := b.terms[i]
		items[n] = &terminologypb.EncodeItem{Term: t.Verbatim, Language: t.Language, Study: t.Study}
	}
	return items
}
