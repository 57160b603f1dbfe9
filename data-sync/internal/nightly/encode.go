package nightly

import (
	"context"
	"errors"
	"sync"
	"time"

	"aecode/data-sync/internal/run"
)

// code answers the items: distinct verbatims go to terminology once each, in
// pieces of its batch size, with at most EncodeConcurrency of them under way
// in this process. Items without a result are for the chunk's next attempt.
func (w *work) code(ctx context.Context, items []run.Item) []run.Result {
	terms, groups := distinct(items)
	answers := make([]run.Answer, len(terms))
	var pieces sync.WaitGroup
	for from := 0; from < len(terms); {
		if !w.enter(ctx) {
			w.stopped = true
			break
		}
		to := min(from+max(w.engine.coder.BatchSize(), 1), len(terms))
		asked, place := terms[from:to], answers[from:to]
		pieces.Go(func() {
			defer func() { <-w.engine.encoding }()
			w.piece(ctx, asked, place)
		})
		from = to
	}
	pieces.Wait()

	results := make([]run.Result, 0, len(items))
	for t, answer := range answers {
		for _, i := range groups[t] {
			if r, ok := w.outcome(items[i], answer); ok {
				results = append(results, r)
			}
		}
	}
	return results
}

// enter waits for a slot at terminology; false when there is no use in going
// on.
func (w *work) enter(ctx context.Context) bool {
	if w.gate.isDown() {
		return false
	}
	select {
	case w.engine.encoding <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if ctx.Err() != nil || w.gate.isDown() {
		<-w.engine.encoding
		return false
	}
	return true
}

// piece codes one batch. An answer that stays zero is none. A batch in which
// the coder panics is halved down to the items at fault.
func (w *work) piece(ctx context.Context, terms []run.Term, answers []run.Answer) {
	began := time.Now()
	got, err := w.encode(ctx, terms)
	if err == nil {
		w.gate.answered()
		copy(answers, got)
		return
	}
	class := run.ClassOf(err)
	if _, ok := errors.AsType[*panicError](err); ok && ctx.Err() == nil {
		w.panicked(ctx, terms, answers, err)
		return
	}
	if ctx.Err() != nil {
		class = run.ClassCancelled
	} else if w.gate.unanswered(began, class) {
		// An outage is not an attempt of these items.
		class = run.ClassCancelled
	}
	for i := range answers {
		answers[i] = run.Answer{Err: &run.Failure{Class: class, Err: err}}
	}
}

// panicked is for a batch in which the coder panicked. Where it does so whatever
// it is asked, no item is to blame.
func (w *work) panicked(ctx context.Context, terms []run.Term, answers []run.Answer, err error) {
	sound := w.sound(ctx)
	if half := len(terms) / 2; sound && half > 0 {
		w.piece(ctx, terms[:half], answers[:half])
		w.piece(ctx, terms[half:], answers[half:])
		return
	}
	for i := range answers {
		answers[i] = run.Answer{Err: &run.Failure{Class: run.ClassInternal, Item: sound, Again: true, Err: err}}
	}
}

// encode is one call of the coder, with its panic contained.
func (w *work) encode(ctx context.Context, terms []run.Term) (answers []run.Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.engine.cfg.BatchOverall)
	defer cancel()
	err = w.guard.contain(func() (err error) {
		answers, err = w.engine.coder.Encode(ctx, w.pass.Pin, terms)
		return err
	})
	if err == nil && len(answers) != len(terms) {
		err = &run.Failure{Class: run.ClassMalformed, Err: errors.New("terminology answered other items than were asked")}
	}
	return answers, err
}

// sound asks, once a chunk, whether the coder takes a harmless term without a
// panic.
func (w *work) sound(ctx context.Context) bool {
	w.control.Do(func() {
		_, err := w.encode(ctx, []run.Term{{Verbatim: probeTerm}})
		w.isSound = err == nil
	})
	return w.isSound
}

// outcome makes an item's result of an answer. Not ok: the item is for the
// chunk's next attempt.
func (w *work) outcome(item run.Item, answer run.Answer) (run.Result, bool) {
	if answer.Err == nil && answer.Coding == nil && answer.Reason == "" {
		return run.Result{}, false // never asked
	}
	err := answer.Err
	if err == nil {
		result, bad := resultOf(item, answer)
		if bad == nil {
			return result, true
		}
		err = bad
	}
	f, ok := errors.AsType[*run.Failure](err)
	if !ok {
		f = &run.Failure{Class: run.ClassOf(err), Err: err}
	}
	if f.Class == run.ClassCancelled {
		w.stopped = true
		return run.Result{}, false
	}
	if (!f.Item || f.Again) && !w.lastTry() {
		w.transient = true
		return run.Result{}, false
	}
	return run.Result{
		ReportID:        item.ReportID,
		VerbatimVersion: item.VerbatimVersion,
		Kind:            run.Left,
		ErrorClass:      f.Class,
		ItemFault:       f.Item,
	}, true
}

// resultOf maps terminology's word on an item. One that decides nothing and
// names no reason is refused: an item is never coded by default.
func resultOf(item run.Item, answer run.Answer) (run.Result, error) {
	r := run.Result{ReportID: item.ReportID, VerbatimVersion: item.VerbatimVersion, Versions: answer.Versions}
	switch {
	case answer.Coding != nil && answer.Reason == "" && answer.Coding.LLT.Code != "":
		r.Kind = run.Coded
		coding := *answer.Coding // one each: duplicates share the answer
		r.Coding = &coding
	case answer.Coding == nil && answer.Reason != "":
		r.Kind, r.Reason, r.Candidates = run.Review, answer.Reason, answer.Candidates
	default:
		return run.Result{}, &run.Failure{Class: run.ClassMalformed, Item: true, Err: errors.New("an answer that neither decides nor says why not")}
	}
	return r, nil
}

// distinct gives each term once, in the items' order, and which items it
// stands for.
func distinct(items []run.Item) ([]run.Term, [][]int) {
	terms := make([]run.Term, 0, len(items))
	groups := make([][]int, 0, len(items))
	place := make(map[run.Term]int, len(items))
	for i, item := range items {
		t := termOf(item)
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

func termOf(item run.Item) run.Term {
	return run.Term{Verbatim: item.Verbatim, Language: item.Language, Study: item.Identity.Study}
}
