package intake

import (
	"slices"
	"strings"

	"aecode/data-sync/internal/report"
)

// criteria are the columns of SDTM AE that say why an event is serious: death, life
// threatening, hospitalisation, disability, congenital anomaly, other medically
// important event. Yes in any of them makes the report serious.
var criteria = []string{"aesdth", "aeslife", "aeshosp", "aesdisab", "aescong", "aesmie"}

// yesOrNo reads a flag. readable is false for a value that is neither yes nor no
// nor one that says that nobody knows.
func yesOrNo(value string) (s report.Seriousness, readable bool) {
	switch strings.ToLower(strings.TrimFunc(value, invisible)) {
	case "n", "no", "0", "false", "否":
		return report.NotSerious, true
	case "y", "yes", "1", "true", "是":
		return report.Serious, true
	case "", ".", "u", "unk", "unknown", "na", "n/a", "#n/a", "nan", "null", "nd", "未知", "不详":
		return report.SeriousnessUnknown, true
	}
	return report.SeriousnessUnknown, false
}

// criteriaIn gives where the criteria are among the folded column names.
func criteriaIn(folded []string) []int {
	var at []int
	for i, name := range folded {
		if slices.Contains(criteria, name) {
			at = append(at, i)
		}
	}
	return at
}

// seriousness reads the current record's, and lists what a person should look at.
func (p *parser) seriousness(line int64, id report.Identity) report.Seriousness {
	if p.layout.serious < 0 && len(p.layout.criteria) == 0 {
		return report.SeriousnessUnknown
	}
	stated, readable := yesOrNo(p.textOrBad(p.layout.serious))
	if !readable {
		p.problem(report.RowProblem{Line: line, Field: p.roles.serious, Reason: ReasonSeriousUnknown, Identity: id,
			Message: "neither yes nor no; the seriousness is unknown, and the report comes with the serious ones"})
	}
	for _, column := range p.layout.criteria {
		if met, _ := yesOrNo(p.textOrBad(column)); met != report.Serious {
			continue
		}
		if stated == report.NotSerious {
			p.problem(report.RowProblem{Line: line, Field: p.roles.serious, Reason: ReasonSeriousByCriterion, Identity: id,
				Message: "it says no, and " + strings.ToUpper(p.folded[column]) + " says yes; the report counts as serious"})
		}
		return report.Serious
	}
	return stated
}
