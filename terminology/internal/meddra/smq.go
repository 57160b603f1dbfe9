package meddra

import (
	"cmp"
	"slices"
	"strconv"
)

// SMQ is a standardised MedDRA query: a named group of terms. It is not a level of the
// hierarchy, and nothing is coded to it.
type SMQ struct {
	Code Code
	Name string
	// Level is 1 for a query at the top, 2 to 5 for one below others.
	Level int
	// Active is false for a query that must no longer be used.
	Active bool
	// Algorithm combines the categories of its terms, as in "A or (B and C)"; "N" or
	// empty: there is none.
	Algorithm string
}

// Scope is how a term belongs to an SMQ.
type Scope uint8

// The scopes. The zero Scope is that of a child SMQ.
const (
	ScopeBroad  Scope = 1
	ScopeNarrow Scope = 2
)

// Member is a PT, an LLT or a child SMQ that belongs to an SMQ.
type Member struct {
	SMQ, Term Code
	// Level is LevelPT or LevelLLT; 0 for a child SMQ.
	Level Level
	Scope Scope
	// Category is the name of the term's group in an algorithm, and Weight its weight.
	Category string
	Weight   int
	// Active is false for a term that no longer belongs to the SMQ.
	Active bool
}

// smqs are the SMQs of a release.
type smqs struct {
	list    []SMQ // file order
	index   map[Code]int32
	members []Member // by SMQ, then in file order
	starts  []int32  // SMQ i owns members[starts[i]:starts[i+1]]
	byTerm  []int32  // into members, by term
}

// SMQ returns the SMQ with this code.
func (r *Release) SMQ(c Code) (SMQ, bool) {
	i, ok := r.smqs.index[c]
	if !ok {
		return SMQ{}, false
	}
	return r.smqs.list[i], true
}

// MembersOf returns the direct members of an SMQ in file order: its terms and child SMQs,
// without the terms of the child SMQs.
func (r *Release) MembersOf(smq Code) []Member {
	i, ok := r.smqs.index[smq]
	if !ok {
		return nil
	}
	from, to := r.smqs.starts[i], r.smqs.starts[i+1]
	return r.smqs.members[from:to:to]
}

// Memberships returns the memberships of a PT, an LLT or an SMQ, in the file order of the
// SMQs.
func (r *Release) Memberships(term Code) []Member {
	s := &r.smqs
	from, _ := slices.BinarySearchFunc(s.byTerm, term, func(i int32, c Code) int { return cmp.Compare(s.members[i].Term, c) })
	var all []Member
	for _, i := range s.byTerm[from:] {
		if s.members[i].Term != term {
			break
		}
		all = append(all, s.members[i])
	}
	return all
}

// Above returns the SMQs above an SMQ, the nearest first, each once.
func (r *Release) Above(smq Code) []SMQ {
	var (
		above []SMQ
		seen  = map[Code]bool{smq: true} // a faulty file may have a cycle
	)
	for next := []Code{smq}; len(next) > 0; next = next[1:] {
		for _, m := range r.Memberships(next[0]) {
			parent, ok := r.SMQ(m.SMQ)
			if !ok || m.Level != 0 || seen[m.SMQ] {
				continue
			}
			seen[m.SMQ] = true
			above, next = append(above, parent), append(next, m.SMQ)
		}
	}
	return above
}

// TermsOf counts the active PTs and LLTs of an SMQ and of the SMQs below it, each once.
func (r *Release) TermsOf(smq Code) (pts, llts int) {
	counted := make(map[Member]struct{}) // by term and level alone
	seen := map[Code]bool{smq: true}     // a faulty file may have a cycle
	for next := []Code{smq}; len(next) > 0; next = next[1:] {
		for _, m := range r.MembersOf(next[0]) {
			key := Member{Term: m.Term, Level: m.Level}
			_, dup := counted[key]
			switch {
			case !m.Active || dup:
				continue
			case m.Level == LevelPT:
				pts++
			case m.Level == LevelLLT:
				llts++
			case !seen[m.Term]:
				seen[m.Term] = true
				next = append(next, m.Term)
			}
			counted[key] = struct{}{}
		}
	}
	return pts, llts
}

// readSMQs reads the SMQ files. Coding does not use them, so a faulty row is a warning and
// is left out.
func (l *loader) readSMQs() error {
	s := &l.r.smqs
	s.index = make(map[Code]int32)
	err := l.rows(l.optional(smqListFile, 9), func(line int, f [][]byte) {
		c, ok := l.optionalCode(smqListFile, line, "smq_code", f[0])
		switch {
		case !ok:
			return
		case has(s.index, c):
			l.warnf(smqListFile, line, "duplicate smq_code %s", c)
			return
		case len(f[1]) == 0:
			l.warnf(smqListFile, line, "smq_name is empty")
			return
		case len(l.r.Levels(c)) > 0:
			l.warnf(smqListFile, line, "SMQ %s has the code of a term on level %s", c, l.r.Levels(c)[0])
		}
		s.index[c] = narrow(len(s.list))
		s.list = append(s.list, SMQ{
			Code: c, Name: l.intern(f[1]), Level: l.small(smqListFile, line, "smq_level", f[2]),
			Active: l.status(smqListFile, line, "status", f[7]), Algorithm: l.intern(f[8]),
		})
	})
	if err != nil {
		return err
	}
	type link struct {
		smq, term Code
		level     Level
	}
	seen := make(map[link]struct{})
	var members []Member
	err = l.rows(l.optional(smqContentFile, 9), func(line int, f [][]byte) {
		m, ok := l.member(line, f)
		if !ok {
			return
		}
		k := link{m.SMQ, m.Term, m.Level}
		if _, dup := seen[k]; dup {
			l.warnf(smqContentFile, line, "duplicate row of %s in SMQ %s", m.Term, m.SMQ)
			return
		}
		seen[k] = struct{}{}
		members = append(members, m)
	})
	if err != nil {
		return err
	}
	s.group(members)
	return nil
}

// member reads a row of smq_content.asc.
func (l *loader) member(line int, f [][]byte) (Member, bool) {
	smq, ok1 := l.optionalCode(smqContentFile, line, "smq_code", f[0])
	term, ok2 := l.optionalCode(smqContentFile, line, "term_code", f[1])
	if !ok1 || !ok2 {
		return Member{}, false
	}
	m := Member{SMQ: smq, Term: term}
	name, known := "SMQ", has(l.r.smqs.index, term)
	switch string(f[2]) {
	case "0":
	case "4":
		name, known, m.Level = "PT", has(l.r.ptIndex, term), LevelPT
	case "5":
		name, known, m.Level = "LLT", has(l.r.lltIndex, term), LevelLLT
	default:
		l.warnf(smqContentFile, line, "term_level is %s, want 0, 4 or 5", quote(f[2]))
		return m, false
	}
	switch {
	case !has(l.r.smqs.index, smq):
		l.warnf(smqContentFile, line, "unknown SMQ %s", smq)
		return m, false
	case !known:
		l.warnf(smqContentFile, line, "unknown %s %s", name, term)
		return m, false
	case term == smq:
		l.warnf(smqContentFile, line, "SMQ %s is its own child", smq)
		return m, false
	}
	switch string(f[3]) {
	case "1":
		m.Scope = ScopeBroad
	case "2":
		m.Scope = ScopeNarrow
	default:
		if m.Level != 0 {
			l.warnf(smqContentFile, line, "term_scope is %s, want 1 or 2", quote(f[3]))
		}
	}
	m.Category = l.intern(f[4])
	m.Weight = l.small(smqContentFile, line, "term_weight", f[5])
	m.Active = l.status(smqContentFile, line, "term_status", f[6])
	return m, true
}

// small reads a number of the SMQ files; an empty one is 0.
func (l *loader) small(file string, line int, column string, field []byte) int {
	if len(field) == 0 {
		return 0
	}
	n, err := strconv.Atoi(string(field))
	if err != nil || n < 0 || n > 1_000_000 {
		l.warnf(file, line, "%s is %s, want a number", column, quote(field))
		return 0
	}
	return n
}

// status reads A for active and I for inactive.
func (l *loader) status(file string, line int, column string, field []byte) bool {
	if s := string(field); s != "A" && s != "I" {
		l.warnf(file, line, "%s is %s, want A or I", column, quote(field))
	}
	return string(field) != "I"
}

// group orders the members by SMQ, keeping file order within each, and by term.
func (s *smqs) group(members []Member) {
	place := func(m Member) int32 { return s.index[m.SMQ] }
	slices.SortStableFunc(members, func(a, b Member) int { return cmp.Compare(place(a), place(b)) })
	s.members = slices.Clip(members)
	s.starts = make([]int32, len(s.list)+1)
	s.byTerm = make([]int32, len(members))
	for i, m := range members {
		s.starts[place(m)+1]++
		s.byTerm[i] = int32(i)
	}
	for i := range s.list {
		s.starts[i+1] += s.starts[i]
	}
	slices.SortStableFunc(s.byTerm, func(a, b int32) int { return cmp.Compare(members[a].Term, members[b].Term) })
}
