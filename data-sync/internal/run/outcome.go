package run

import "errors"

// TermOf returns what is asked of terminology for an item.
func TermOf(item Item) Term {
	return Term{Verbatim: item.Verbatim, Language: item.Language, Study: item.Identity.Study}
}

// ResultOf returns the result of an item that terminology answered. An answer that
// decides nothing and gives no reason is a *Failure of the item: no item is coded
// by default.
func ResultOf(item Item, answer Answer) (Result, error) {
	r := Result{ReportID: item.ReportID, VerbatimVersion: item.VerbatimVersion, Versions: answer.Versions}
	switch {
	case answer.Coding != nil && answer.Reason == "" && answer.Coding.LLT.Code != "":
		r.Kind = Coded
		coding := *answer.Coding // a copy for each item: equal verbatims share the answer
		r.Coding = &coding
	case answer.Coding == nil && answer.Reason != "":
		r.Kind, r.Reason, r.Candidates = Review, answer.Reason, answer.Candidates
	default:
		return Result{}, &Failure{Class: ClassMalformed, Item: true, Err: errors.New("an answer that neither decides nor says why not")}
	}
	return r, nil
}

// LeftBy returns the result of an item that a failure left without an outcome.
func LeftBy(item Item, f *Failure) Result {
	return Result{ReportID: item.ReportID, VerbatimVersion: item.VerbatimVersion, Kind: Left, ErrorClass: f.Class, ItemFault: f.Item}
}

// FailureOf returns err as a *Failure: itself where it is one, else one of the
// class that ClassOf gives.
func FailureOf(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return &Failure{Class: ClassOf(err), Err: err}
}
