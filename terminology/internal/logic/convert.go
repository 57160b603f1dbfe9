// Package logic answers the calls of terminology: it checks the request, calls a
// domain package and turns errors into a gRPC status.
package logic

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/rpcerr"
	"aecode/proto/terminology"
	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// wireError turns an error of the catalog into a status.
func wireError(err error) error {
	switch {
	case errors.Is(err, catalog.ErrUnknown):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, catalog.ErrNotHeld):
		return rpcerr.WithReason(codes.Unavailable, terminology.ErrorDomain, terminology.ReasonPinNotHeld, err.Error())
	}
	return status.Error(codes.Internal, err.Error())
}

// limitOf checks a request's limit; 0 means the default.
func limitOf(asked int32, byDefault, most int) (int, error) {
	switch {
	case asked == 0:
		return byDefault, nil
	case asked < 0 || int(asked) > most:
		return 0, rpcerr.InvalidField("limit", fmt.Sprintf("must be 0 to %d, is %d", most, asked))
	}
	return int(asked), nil
}

// The maximum lengths of a study and a language, in bytes.
const (
	maxStudyBytes    = 200
	maxLanguageBytes = 32
)

// fault says why an item is not valid. field is the field of the item.
type fault struct {
	field, description string
}

// checkItem returns the coder's request, or the fault of the item. A fault never quotes
// the verbatim.
func checkItem(term, language, study string, limit int) (coder.Request, *fault) {
	if err := verbatim.Validate(term); err != nil {
		return coder.Request{}, &fault{"term", err.Error()}
	}
	if len(study) > maxStudyBytes {
		return coder.Request{}, &fault{"study", fmt.Sprintf("is longer than %d bytes", maxStudyBytes)}
	}
	if len(language) > maxLanguageBytes {
		return coder.Request{}, &fault{"language", fmt.Sprintf("is longer than %d bytes", maxLanguageBytes)}
	}
	// A language that no release has is not a fault of the call: the coder answers that it
	// is not supported, and a person decides.
	stated := meddra.Language(language)
	if parsed, err := meddra.ParseLanguage(language); err == nil {
		stated = parsed
	}
	return coder.Request{Verbatim: term, Language: stated, Study: study, Limit: limit}, nil
}

// wireInt gives a number as it is on the wire. Numbers of a release are far smaller than
// the limits.
func wireInt(n int) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

func wireTerm(t meddra.Term) *terminology.TermRef {
	return &terminology.TermRef{Code: t.Code.String(), Name: t.Name}
}

func wirePath(p meddra.Path) *terminology.Path {
	return &terminology.Path{Pt: wireTerm(p.PT), Hlt: wireTerm(p.HLT), Hlgt: wireTerm(p.HLGT), Soc: wireTerm(p.SOC)}
}

func wireCoding(c coder.Coding) *terminology.Path {
	path := wirePath(c.Path)
	path.Llt = &terminology.TermRef{Code: c.LLT.Code.String(), Name: c.LLT.Name}
	return path
}

var wireStatuses = map[coder.Status]terminology.EncodeStatus{
	coder.Coded:     terminology.EncodeStatus_CODED,
	coder.Suggested: terminology.EncodeStatus_SUGGESTED,
	coder.NoMatch:   terminology.EncodeStatus_NO_MATCH,
}

func wireVersions(v coder.Versions, language meddra.Language) *terminology.Versions {
	return &terminology.Versions{
		Dictionary: v.Dictionary, Language: string(language), SynonymVersion: v.Synonyms, EngineVersion: v.Engine,
	}
}

func wireResult(r coder.Result) *terminology.EncodeResp {
	answer := &terminology.EncodeResp{
		Status: wireStatuses[r.Status], Method: string(r.Method), Reason: string(r.Reason), Score: r.Score, Detail: r.Detail, Likelihood: r.Likelihood,
		Versions: wireVersions(r.Versions, r.Language),
	}
	if r.Choice != nil {
		answer.Code, answer.Path = r.Choice.LLT.Code.String(), wireCoding(*r.Choice)
	}
	for _, c := range r.Candidates {
		answer.Candidates = append(answer.Candidates, &terminology.Candidate{
			Path: wireCoding(c.Coding), Score: c.Score, Method: string(c.Method), Reason: c.Reason,
		})
	}
	return answer
}
