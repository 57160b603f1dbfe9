package nightly

import (
	"context"
	"errors"
	"sync"
	"time"
)

// code answers the items: distinct verbatims go to terminology once each, in
// pieces of its batch size, with at most EncodeConcurrency of them under way
// in this process. Items without a result are for the chunk's next attempt.
func (w *work) code(ctx context.Context, items []Item) []Result {
	terms, groups := distinct(items)
	answers := make([]Answer, len(terms))
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

	results := make([]Result, 0, len(items))
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
func (w *work) piece(ctx context.Context, terms []Term, answers []Answer) {
	began := time.Now()
	got, err := w.encode(ctx, terms)
	if err == nil {
		w.gate.answered()
		copy(answers, got)
		return
	}
	class := ClassOf(err)
	if _, ok := errors.AsType[*panicError](err); ok && ctx.Err() == nil {
		w.panicked(ctx, terms, answers, err)
		return
	}
	if ctx.Err() != nil {
		class = ClassCancelled
	} else if w.gate.unanswered(began, class) {
		// An outage is not an attempt of these items.
		class = ClassCancelled
	}
	for i := range answers {
		answers[i] = Answer{Err: &Failure{Class: class, Err: err}}
	}
}

// panicked is for a batch in which the coder panicked. Where it does so whatever
// it is asked, no item is to blame.
func (w *work) panicked(ctx context.Context, terms []Term, answers []Answer, err error) {
	sound := w.sound(ctx)
	if half := len(terms) / 2; sound && half > 0 {
		w.piece(ctx, terms[:half], answers[:half])
		w.piece(ctx, terms[half:], answers[half:])
		return
	}
	for i := range answers {
		answers[i] = Answer{Err: &Failure{Class: ClassInternal, Item: sound, Again: true, Err: err}}
	}
}

// encode is one call of the coder, with its panic contained.
func (w *work) encode(ctx context.Context, terms []Term) (answers []Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.engine.cfg.BatchOverall)
	defer cancel()
	err = w.guard.contain(func() (err error) {
		answers, err = w.engine.coder.Encode(ctx, w.pass.Pin, terms)
		return err
	})
	if err == nil && len(answers) != len(terms) {
		err = &Failure{Class: ClassMalformed, Err: errors.New("terminology answered other items than were asked")}
	}
	return answers, err
}

// sound asks, once a chunk, whether the coder takes a harmless term without a
// panic.
func (w *work) sound(ctx context.Context) bool {
	w.control.Do(func() {
		_, err := w.encode(ctx, []Term{{Verbatim: probeTerm}})
		w.isSound = err == nil
	})
	return w.isSound
}

// outcome makes an item's result of an answer. Not ok: the item is for the
// chunk's next attempt.
func (w *work) outcome(item Item, answer Answer) (Result, bool) {
	if answer.Err == nil && answer.Coding == nil && answer.Reason == "" {
		return Result{}, false // never asked
	}
	err := answer.Err
	if err == nil {
		result, bad := resultOf(item, answer)
		if bad == nil {
			return result, true
		}
		err = bad
	}
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		f = &Failure{Class: ClassOf(err), Err: err}
	}
	if f.Class == ClassCancelled {
		w.stopped = true
		return Result{}, false
	}
	if (!f.Item || f.Again) && !w.lastTry() {
		w.transient = true
		return Result{}, false
	}
	return Result{
		ReportID:        item.ReportID,
		VerbatimVersion: item.VerbatimVersion,
		Kind:            Left,
		ErrorClass:      f.Class,
		ItemFault:       f.Item,
	}, true
}

// resultOf maps terminology's word on an item. One that decides nothing and
// names no reason is refused: an item is never coded by default.
func resultOf(item Item, answer Answer) (Result, error) {
	r := Result{ReportID: item.ReportID, VerbatimVersion: item.VerbatimVersion, Versions: answer.Versions}
	switch {
	case answer.Coding != nil && answer.Reason == "" && answer.Coding.LLT.Code != "":
		r.Kind = Coded
		coding := *answer.Coding // one each: duplicates share the answer
		r.Coding = &coding
	case answer.Coding == nil && answer.Reason != "":
		r.Kind, r.Reason, r.Candidates = Review, answer.Reason, answer.Candidates
	default:
		return Result{}, &Failure{Class: ClassMalformed, Item: true, Err: errors.New("an answer that neither decides nor says why not")}
	}
	return r, nil
}

// distinct gives each term once, in the items' order, and which items it
// stands for.
func distinct(items []Item) ([]Term, [][]int) {
	terms := make([]Term, 0, len(items))
	groups := make([][]int, 0, len(items))
	place := make(map[Term]int, len(items))
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

func termOf(item Item) Term {
	return Term{Verbatim: item.Verbatim, Language: item.Language, Study: item.Identity.Study}
}
