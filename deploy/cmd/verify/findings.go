package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// shownPerKind is the maximum number of lines for one kind of finding.
const shownPerKind = 20

// findings writes a line for each fault and holds the two totals, which the callers
// count: a report with several faults has several lines and counts once.
type findings struct {
	w             io.Writer
	counts        map[string]int64
	lost, doubled int64
}

func newFindings(w io.Writer) *findings {
	return &findings{w: w, counts: make(map[string]int64)}
}

// tell writes the line of one fault. Neither kind nor where may contain a cell of a
// file or a term of the database.
func (f *findings) tell(kind fault, where string) {
	f.counts[kind.name]++
	if f.counts[kind.name] <= shownPerKind {
		fmt.Fprintf(f.w, "%s: %s: %s (%s)\n", kind.class, where, kind.text, kind.name)
	}
}

// summarise writes the number of lines that were left out.
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
	rowNotFound        = fault{lost, "row_not_found", "this row is in no report's history"}
	unreadableNotFound = fault{lost, "unreadable_not_found", "this unreadable row is not kept"}

	reportGone        = fault{lost, "report_gone", "other tables refer to this report, but it does not exist"}
	statusUnknown     = fault{lost, "status_unknown", "its status is unknown"}
	versionMissing    = fault{lost, "version_missing", "its present verbatim is not in its history"}
	codedWithout      = fault{lost, "coded_without_coding", "CODED without a live coding of its present verbatim"}
	reviewWithout     = fault{lost, "review_without_reason", "REVIEW without a reason"}
	pendingCoded      = fault{lost, "pending_with_coding", "PENDING with a live coding of its present verbatim"}
	notAudited        = fault{lost, "report_not_audited", "the audit has no entry for it"}
	auditContradicts  = fault{lost, "audit_contradicts_status", "its status is not that of its last audit entry"}
	auditedCodingGone = fault{lost, "audited_coding_gone", "the audit has a coding that does not exist"}
	auditedOtherwise  = fault{lost, "coding_contradicts_audit", "a coding differs from its audit entry"}
	codingNotAudited  = fault{lost, "coding_not_audited", "the audit has no entry for its machine coding"}
	entryUnreadable   = fault{lost, "audit_entry_unreadable", "the detail of one of its audit entries is not JSON"}
	memberUnfinished  = fault{lost, "member_without_outcome", "it is a member of an ended pass and has no outcome"}
	memberFlag        = fault{lost, "member_wrongly_open", "its mark as a member of an open pass contradicts the pass's state"}
	memberNotAudited  = fault{lost, "member_contradicts_audit", "a pass has an outcome for it, the audit has none"}
	auditedNoMember   = fault{lost, "audit_contradicts_member", "the audit has a pass's outcome for it, the pass has none"}
	memberOfNothing   = fault{lost, "member_of_no_pass", "it is a member of a pass that does not exist"}

	passSummary    = fault{lost, "pass_summary", "the outcomes of its members differ from its summary"}
	passEndAudit   = fault{lost, "pass_end_audit", "the audit does not have its end exactly once, or not as the pass has it"}
	passNotInTable = fault{lost, "pass_gone", "the audit has its end, but there is no such pass"}

	twoLive          = fault{doubled, "two_live_codings", "two live codings of one verbatim in one dictionary"}
	twoLivePresent   = fault{doubled, "two_live_codings_present", "two live codings of its present verbatim"}
	codedTwice       = fault{doubled, "coded_twice", "the audit has two machine codings of one verbatim in one dictionary with nothing in between"}
	overPerson       = fault{doubled, "machine_over_person", "a machine's coding came after a person's coding of the same verbatim"}
	overDecision     = fault{doubled, "machine_over_decision", "the machine decided on it while it was neither PENDING nor REVIEW"}
	twoOpenPasses    = fault{doubled, "two_open_passes", "it is in two open passes"}
	memberTwice      = fault{doubled, "member_twice", "it is in one pass twice"}
	identityTwice    = fault{doubled, "identity_twice", "another report has the same identity and variant"}
	sameContentTwice = fault{doubled, "verbatim_twice", "another variant of the same identity has the same verbatim and language"}
)
