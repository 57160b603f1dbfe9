package terminologyclient

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	terminologypb "aecode/proto/terminology"
)

// answerOf maps one result of a batch. What cannot be right becomes the item's
// own failure: a report is never coded by an answer that contradicts itself or
// was decided by other versions than the pinned ones.
func answerOf(pin report.Versions, result *terminologypb.EncodeResult) run.Answer {
	switch outcome := result.GetOutcome().(type) {
	case *terminologypb.EncodeResult_Error:
		return itemError(pin, outcome.Error)
	case *terminologypb.EncodeResult_Answer:
		answer, err := decided(pin, outcome.Answer)
		if err != nil {
			return run.Answer{Err: &run.Failure{Class: run.ClassMalformed, Item: true, Err: err}}
		}
		return answer
	}
	return run.Answer{Err: &run.Failure{Class: run.ClassMalformed, Item: true, Err: errors.New("result without an outcome")}}
}

// itemError maps what terminology said about one item. A verbatim that it does
// not take goes to a person.
func itemError(pin report.Versions, e *terminologypb.ItemError) run.Answer {
	code := codes.Code(e.GetCode()) //nolint:gosec // an unknown code stays unknown
	switch code {
	case codes.InvalidArgument:
		return run.Answer{Reason: report.Refused, Versions: pin}
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.Canceled:
		// Not the item's fault: a pinned version that this replica lacks, or load.
		return run.Answer{Err: &run.Failure{Class: codeName(code), Err: status.Error(code, "one item")}}
	}
	return run.Answer{Err: &run.Failure{Class: codeName(code), Item: true, Err: status.Error(code, "one item")}}
}

func decided(pin report.Versions, resp *terminologypb.EncodeResp) (run.Answer, error) {
	versions := versionsOf(resp.GetVersions())
	if err := honours(pin, versions); err != nil {
		return run.Answer{}, err
	}
	if !inUnit(resp.GetScore()) {
		return run.Answer{}, errors.New("score outside 0 to 1")
	}
	candidates, err := candidatesOf(resp.GetCandidates())
	if err != nil {
		return run.Answer{}, err
	}
	answer := run.Answer{Versions: versions, Candidates: candidates}
	switch resp.GetStatus() {
	case terminologypb.EncodeStatus_CODED:
		answer.Coding, err = codingOf(resp, versions)
		answer.Candidates = nil
		return answer, err
	case terminologypb.EncodeStatus_SUGGESTED:
		answer.Reason = reasonOf(resp.GetReason(), report.Suggested)
	case terminologypb.EncodeStatus_NO_MATCH:
		answer.Reason = reasonOf(resp.GetReason(), report.NoMatch)
	default:
		return run.Answer{}, fmt.Errorf("status %d is none of CODED, SUGGESTED, NO_MATCH", resp.GetStatus())
	}
	if resp.GetCode() != "" {
		return run.Answer{}, errors.New("a code without status CODED")
	}
	return answer, nil
}

func codingOf(resp *terminologypb.EncodeResp, versions report.Versions) (*report.Coding, error) {
	path := resp.GetPath()
	c := &report.Coding{
		LLT:       termOf(path.GetLlt()),
		PT:        termOf(path.GetPt()),
		HLT:       termOf(path.GetHlt()),
		HLGT:      termOf(path.GetHlgt()),
		SOC:       termOf(path.GetSoc()),
		Method:    resp.GetMethod(),
		Score:     resp.GetScore(),
		Versions:  versions,
		DecidedBy: report.Machine,
	}
	switch {
	case resp.GetCode() == "":
		return nil, errors.New("status CODED without a code")
	case path == nil:
		return nil, errors.New("status CODED without a path")
	case c.LLT.Code != resp.GetCode():
		return nil, errors.New("the code is not the path's LLT")
	case c.Method == "":
		return nil, errors.New("status CODED without the step that decided")
	}
	for level, term := range map[string]report.Term{"LLT": c.LLT, "PT": c.PT, "HLT": c.HLT, "HLGT": c.HLGT, "SOC": c.SOC} {
		if term.Code == "" || term.Name == "" {
			return nil, fmt.Errorf("the path lacks its %s", level)
		}
	}
	return c, nil
}

func candidatesOf(in []*terminologypb.Candidate) ([]report.Candidate, error) {
	if len(in) == 0 {
		return nil, nil
	}
	out := make([]report.Candidate, 0, len(in))
	for _, c := range in {
		if !inUnit(c.GetScore()) {
			return nil, errors.New("a candidate's score outside 0 to 1")
		}
		out = append(out, report.Candidate{
			LLT:    termOf(c.GetPath().GetLlt()),
			PT:     termOf(c.GetPath().GetPt()),
			SOC:    termOf(c.GetPath().GetSoc()),
			Score:  c.GetScore(),
			Method: c.GetMethod(),
			Reason: c.GetReason(),
		})
	}
	return out, nil
}

// honours holds an answer to the pin: deciding versions must be named, and be
// the pinned ones.
func honours(pin, got report.Versions) error {
	switch {
	case got.Dictionary == "":
		return errors.New("no dictionary version is named")
	case pin.Dictionary != "" && got.Dictionary != pin.Dictionary:
		return errors.New("decided by another dictionary than the pinned one")
	case pin.SynonymVersion != "" && got.SynonymVersion != pin.SynonymVersion:
		return errors.New("decided by another synonym list than the pinned one")
	case pin.EngineVersion != "" && got.EngineVersion != pin.EngineVersion:
		return errors.New("decided by another coder version than the pinned one")
	}
	return nil
}

// reasonOf takes terminology's reason where it is a short constant such as
// DO_NOT_AUTOCODE; prose is not stored as a reason.
func reasonOf(reason string, otherwise report.Reason) report.Reason {
	if reason == "" || len(reason) > 40 {
		return otherwise
	}
	for _, r := range reason {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
			return otherwise
		}
	}
	return report.Reason(reason)
}

func inUnit(score float64) bool { return score >= 0 && score <= 1 } // false for NaN

func termOf(t *terminologypb.TermRef) report.Term {
	return report.Term{Code: t.GetCode(), Name: t.GetName()}
}

func versionsOf(v *terminologypb.Versions) report.Versions {
	return report.Versions{
		Dictionary:     v.GetDictionary(),
		Language:       v.GetLanguage(),
		SynonymVersion: v.GetSynonymVersion(),
		EngineVersion:  v.GetEngineVersion(),
	}
}

func pinOf(pin report.Versions) *terminologypb.Pin {
	return &terminologypb.Pin{
		Dictionary:     pin.Dictionary,
		SynonymVersion: pin.SynonymVersion,
		EngineVersion:  pin.EngineVersion,
	}
}
