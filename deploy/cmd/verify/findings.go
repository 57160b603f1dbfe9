package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// shownPerKind is how many findings of one kind get a line of their own.
const shownPerKind = 20

// findings writes what is wrong, a line each, and holds the two totals. A report
// with several faults has several lines and counts once; who finds it says so.
type findings struct {
	w             io.Writer
	counts        map[string]int64
	lost, doubled int64
}

func newFindings(w io.Writer) *findings {
	return &findings{w: w, counts: make(map[string]int64)}
}

// tell writes one line. Neither where nor what may hold a cell of a file or a
// term of the database.
func (f *findings) tell(kind fault, where string) {
	f.counts[kind.name]++
	if f.counts[kind.name] <= shownPerKind {
		fmt.Fprintf(f.w, "%s: %s: %s (%s)\n", kind.class, where, kind.text, kind.name)
	}
}

// summarise tells how many lines were left out.
func (f *findings) summarise() {
	for _, kind := range slices.Sorted(maps.Keys(f.counts)) {
		if more := f.counts[kind] - shownPerKind; more > 0 {
			fmt.Fprintf(f.w, "and %d more of %s\n", more, kind)
		}
	}
}

// class is the total that a fault belongs to.
type class string

const (
	lost    class = "lost"
	doubled class = "doubled"
)

// fault is a kind of finding.
type fault struct {
	class      class
	name, text string
}

var (
	rowNotFound        = fault{lost, "row_not_found", "no report's history holds this row"}
	unreadableNotFound = fault{lost, "unreadable_not_found", "this unreadable row is not kept"}

	reportGone        = fault{lost, "report_gone", "the database tells of it elsewhere, but has no such report"}
	statusUnknown     = fault{lost, "status_unknown", "its status is none that there is"}
	versionMissing    = fault{lost, "version_missing", "its present verbatim is not in its history"}
	codedWithout      = fault{lost, "coded_without_coding", "CODED without a live coding of its present verbatim"}
	reviewWithout     = fault{lost, "review_without_reason", "REVIEW without a reason"}
	pendingCoded      = fault{lost, "pending_with_coding", "PENDING although a live coding of its present verbatim stands"}
	notAudited        = fault{lost, "report_not_audited", "the audit says nothing of it"}
	auditContradicts  = fault{lost, "audit_contradicts_status", "it does not stand where the audit's last word on it put it"}
	auditedCodingGone = fault{lost, "audited_coding_gone", "the audit tells of a coding that is not there"}
	auditedOtherwise  = fault{lost, "coding_contradicts_audit", "a coding is not what the audit says was coded"}
	codingNotAudited  = fault{lost, "coding_not_audited", "the audit does not tell of its machine coding"}
	entryUnreadable   = fault{lost, "audit_entry_unreadable", "an audit entry on it has a detail that is no JSON"}
	memberUnfinished  = fault{lost, "member_without_outcome", "it is a member of an ended pass and has no outcome"}
	memberFlag        = fault{lost, "member_wrongly_open", "it is marked free for other passes or taken, other than its pass's state says"}
	memberNotAudited  = fault{lost, "member_contradicts_audit", "a pass says it decided on it, the audit does not"}
	auditedNoMember   = fault{lost, "audit_contradicts_member", "the audit says a pass decided on it, the pass does not"}
	memberOfNothing   = fault{lost, "member_of_no_pass", "it is a member of a pass that does not exist"}

	passSummary    = fault{lost, "pass_summary", "its members do not add up to its summary"}
	passEndAudit   = fault{lost, "pass_end_audit", "the audit does not tell of its end as it stands, once"}
	passNotInTable = fault{lost, "pass_gone", "the audit tells of its end, but there is no such pass"}

	twoLive          = fault{doubled, "two_live_codings", "two live codings of one verbatim in one dictionary"}
	twoLivePresent   = fault{doubled, "two_live_codings_present", "two live codings of its present verbatim"}
	codedTwice       = fault{doubled, "coded_twice", "the audit tells of two machine codings of one verbatim in one dictionary with nothing between"}
	overPerson       = fault{doubled, "machine_over_person", "a machine's coding came after a person's of the same verbatim"}
	overDecision     = fault{doubled, "machine_over_decision", "the machine decided on it when it was neither PENDING nor in REVIEW"}
	twoOpenPasses    = fault{doubled, "two_open_passes", "it is in two open passes"}
	memberTwice      = fault{doubled, "member_twice", "it is twice in one pass"}
	identityTwice    = fault{doubled, "identity_twice", "another report has the same identity and variant"}
	sameContentTwice = fault{doubled, "verbatim_twice", "another variant of the same identity has the same verbatim and language"}
)
