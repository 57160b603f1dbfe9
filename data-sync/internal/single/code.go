package single

import (
	"context"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// code codes one item outside any pass, with terminology's newest versions and the
// mapping that passes use. Without a failure the result is Coded or Review, else
// it is Left with the failure's class. Nothing is stored.
func (s *Service) code(ctx context.Context, item run.Item) (run.Result, *run.Failure) {
	ctx, cancel := context.WithTimeout(ctx, s.overall)
	defer cancel()
	result, err := s.ask(ctx, item)
	if err != nil {
		f := run.FailureOf(err)
		return run.LeftBy(item, f), f
	}
	return result, nil
}

func (s *Service) ask(ctx context.Context, item run.Item) (run.Result, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return run.Result{}, ctx.Err()
	}
	answers, err := s.coder.Encode(ctx, report.Versions{}, []run.Term{run.TermOf(item)})
	switch {
	case err != nil:
		return run.Result{}, err
	case len(answers) != 1:
		return run.Result{}, &run.Failure{Class: run.ClassMalformed}
	case answers[0].Err != nil:
		return run.Result{}, answers[0].Err
	}
	return run.ResultOf(item, answers[0])
}
