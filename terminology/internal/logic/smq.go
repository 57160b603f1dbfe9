package logic

import (
	"aecode/proto/terminology"
	"aecode/terminology/internal/meddra"
)

// addSMQ adds an SMQ's name in one language, and its content if no other language has
// added it. It reports false if the release has no such SMQ.
func addSMQ(answer *terminology.GetTermResp, r *meddra.Release, code meddra.Code) bool {
	smq, ok := r.SMQ(code)
	if !ok {
		return false
	}
	answer.Names = append(answer.Names, &terminology.TermName{Language: string(r.Language()), Name: smq.Name})
	answer.Levels, answer.Current = []terminology.Level{terminology.Level_SMQ}, smq.Active
	if answer.GetSmq() != nil {
		return true
	}
	pts, llts := r.TermsOf(code)
	answer.Smq = &terminology.Smq{
		Level:     wireInt(smq.Level),
		Algorithm: smq.Algorithm,
		PtCount:   wireInt(pts),
		LltCount:  wireInt(llts),
	}
	for _, m := range r.MembersOf(code) {
		if child, ok := r.SMQ(m.Term); ok && m.Level == 0 && m.Active {
			answer.Smq.Children = append(answer.Smq.Children, wireSMQ(child))
		}
	}
	return true
}

func wireSMQ(s meddra.SMQ) *terminology.TermRef {
	return &terminology.TermRef{Code: s.Code.String(), Name: s.Name}
}

var wireScopes = map[meddra.Scope]terminology.SmqScope{
	meddra.ScopeBroad: terminology.SmqScope_BROAD, meddra.ScopeNarrow: terminology.SmqScope_NARROW,
}

func wireMember(r *meddra.Release, m meddra.Member) *terminology.SmqMembership {
	level := terminology.Level_SMQ
	switch m.Level {
	case meddra.LevelPT:
		level = terminology.Level_PT
	case meddra.LevelLLT:
		level = terminology.Level_LLT
	}
	smq, _ := r.SMQ(m.SMQ) // the release has checked that it exists
	member := &terminology.SmqMembership{
		Language: string(r.Language()), Smq: wireSMQ(smq), Level: level, Scope: wireScopes[m.Scope], Category: m.Category,
		Weight: wireInt(m.Weight), Active: m.Active,
	}
	for _, above := range r.Above(m.SMQ) {
		member.Above = append(member.Above, wireSMQ(above))
	}
	return member
}
