package nightly

import (
	"context"
	"errors"
	"sync"
	"time"

	"aecode/data-sync/internal/halving"
	"aecode/data-sync/internal/run"
)

// code answers the items: distinct verbatims go to terminology once each, in
// pieces of its batch size, with at most EncodeConcurrency of them under way
// in this process. Items without a result are for the chunk's next attempt.
func (a *attempt) code(ctx context.Context, items []run.Item) []run.Result {
	terms, groups := distinct(items)
	answers := make([]run.Answer, len(terms))
	var pieces sync.WaitGroup
	for from := 0; from < len(terms); {
		if !a.enter(ctx) {
			a.progress.interrupt()
			break
		}
		to := min(from+max(a.engine.coder.BatchSize(), 1), len(terms))
		asked, place := terms[from:to], answers[from:to]
		pieces.Go(func() {
			defer func() { <-a.engine.encoding }()
			a.piece(ctx, asked, place)
		})
		from = to
	}
	pieces.Wait()

	results := make([]run.Result, 0, len(items))
	for t, answer := range answers {
		for _, i := range groups[t] {
			if r, ok := a.outcome(items[i], answer); ok {
				results = append(results, r)
			}
		}
	}
	return results
}

// enter waits for a slot at terminology; false when there is no use in going
// on.
func (a *attempt) enter(ctx context.Context) bool {
	if a.gate.isDown() {
		return false
	}
	select {
	case a.engine.encoding <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if ctx.Err() != nil || a.gate.isDown() {
		<-a.engine.encoding
		return false
	}
	return true
}

// piece codes one batch. An answer that stays zero is none. A batch in which the
// coder panics is halved down to the items at fault; where the coder panics
// whatever it is asked, no item is to blame.
func (a *attempt) piece(ctx context.Context, terms []run.Term, answers []run.Answer) {
	groups := halving.Of(len(terms))
	for group := groups.Top(); group != nil; group = groups.Top() {
		asked := make([]run.Term, len(group))
		for n, i := range group {
			asked[n] = terms[i]
		}
		began := time.Now()
		got, err := a.encode(ctx, asked)
		var failure *run.Failure
		switch _, panicked := errors.AsType[*panicError](err); {
		case err == nil:
			a.gate.answered()
		case panicked && ctx.Err() == nil:
			sound := a.sound(ctx)
			if sound && len(group) > 1 {
				groups.Split(group)
				continue
			}
			failure = &run.Failure{Class: run.ClassInternal, Item: sound, Again: true, Err: err}
		default:
			failure = &run.Failure{Class: a.classOf(ctx, began, err), Err: err}
		}
		for n, i := range group {
			if answers[i] = (run.Answer{Err: failure}); failure == nil {
				answers[i] = got[n]
			}
		}
		groups.Pop()
	}
}

// classOf returns the class of a batch, begun at the time given, of which nothing
// was answered. An outage is not an attempt of its items.
func (a *attempt) classOf(ctx context.Context, began time.Time, err error) string {
	class := run.ClassOf(err)
	if ctx.Err() != nil || a.gate.unanswered(began, class) {
		return run.ClassCancelled
	}
	return class
}

// encode is one call of the coder, with its panic contained.
func (a *attempt) encode(ctx context.Context, terms []run.Term) (answers []run.Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.engine.cfg.BatchOverall)
	defer cancel()
	err = a.guard.contain(func() (err error) {
		answers, err = a.engine.coder.Encode(ctx, a.pass.Pin, terms)
		return err
	})
	if err == nil && len(answers) != len(terms) {
		err = &run.Failure{Class: run.ClassMalformed, Err: errors.New("terminology answered other items than were asked")}
	}
	return answers, err
}

// sound asks, once in an attempt, whether the coder takes a harmless term without
// a panic.
func (a *attempt) sound(ctx context.Context) bool {
	a.probe.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, a.engine.cfg.BatchOverall)
		defer cancel()
		a.isSound = a.guard.contain(func() error { return a.engine.coder.Probe(ctx, a.pass.Pin) }) == nil
	})
	return a.isSound
}

// outcome makes an item's result of an answer. Not ok: the item is for the
// chunk's next attempt.
func (a *attempt) outcome(item run.Item, answer run.Answer) (run.Result, bool) {
	if answer.Err == nil && answer.Coding == nil && answer.Reason == "" {
		return run.Result{}, false // never asked
	}
	err := answer.Err
	if err == nil {
		result, bad := run.ResultOf(item, answer)
		if bad == nil {
			return result, true
		}
		err = bad
	}
	f := run.FailureOf(err)
	if f.Class == run.ClassCancelled {
		a.progress.interrupt()
		return run.Result{}, false
	}
	if (!f.Item || f.Again) && !a.lastTry() {
		a.progress.itemFailed()
		return run.Result{}, false
	}
	return run.LeftBy(item, f), true
}

// distinct gives each term once, in the items' order, and which items it
// stands for.
func distinct(items []run.Item) ([]run.Term, [][]int) {
	terms := make([]run.Term, 0, len(items))
	groups := make([][]int, 0, len(items))
	place := make(map[run.Term]int, len(items))
	for i, item := range items {
		t := run.TermOf(item)
		n, ok := place[t]
		if !ok {
			n = len(terms)
			place[t] = n
			terms = append(terms, t)
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], i)
	}
	return terms, groups
}
