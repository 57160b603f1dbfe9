package storecontract

import (
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// pin is what passes pin unless a case says otherwise.
var pin = report.Versions{Dictionary: "ctcae-5.0", SynonymVersion: "syn-1", EngineVersion: "1"}

// A pass counts members that were coded outside it under the method elsewhere,
// and those whose verbatim changed under the class changed.
const (
	elsewhere = "elsewhere"
	changed   = "CHANGED"
)

func identity(record string) report.Identity {
	return report.Identity{Source: "edc", Study: "S1", RecordID: record}
}

func textRow(record, verbatim string) report.Row {
	return report.Row{Identity: identity(record), Verbatim: verbatim, Language: "en"}
}

func request(scope string, chunkSize int) run.OpenPass {
	return run.OpenPass{Date: "2026-03-01", Scope: scope, Pin: pin, ChunkSize: chunkSize, RunDeadline: time.Hour}
}

// with returns a changed copy of a request.
func with(req run.OpenPass, change func(*run.OpenPass)) run.OpenPass {
	change(&req)
	return req
}

func term(code, name string) report.Term { return report.Term{Code: code, Name: name} }

func aCoding() *report.Coding {
	return &report.Coding{LLT: term("10019211", "Headache"), PT: term("10019211", "Headache"), HLT: term("90000001", "HLT"),
		HLGT: term("90000002", "HLGT"), SOC: term("10029205", "Nervous system disorders"), Method: "exact", Score: 1}
}

// byHand is a person's coding, in the dictionary that passes pin.
func byHand() *report.Coding {
	return &report.Coding{LLT: term("777", "By hand"), PT: term("777", "By hand"), Method: "manual", Score: 1,
		Versions: report.Versions{Dictionary: pin.Dictionary}, DecidedBy: "dr.x"}
}

func codedAs(i run.Item) run.Result {
	return run.Result{ReportID: i.ReportID, VerbatimVersion: i.VerbatimVersion, Kind: run.Coded, Coding: aCoding(), Versions: pin}
}

func reviewOf(i run.Item) run.Result {
	return run.Result{ReportID: i.ReportID, VerbatimVersion: i.VerbatimVersion, Kind: run.Review, Reason: report.Suggested,
		Candidates: []report.Candidate{{LLT: term("1", "One"), PT: term("1", "One"), SOC: term("2", "Two"), Score: 0.8, Method: "retrieval", Reason: "near"}},
		Versions:   pin}
}

// leftAs leaves items with this class, without a fault of their own.
func leftAs(class string) func(run.Item) run.Result {
	return func(i run.Item) run.Result {
		return run.Result{ReportID: i.ReportID, VerbatimVersion: i.VerbatimVersion, Kind: run.Left, ErrorClass: class}
	}
}

// faulty leaves an item with a fault of its own.
func faulty(i run.Item) run.Result {
	r := leftAs("INTERNAL")(i)
	r.ItemFault = true
	return r
}

func each(list []run.Item, decide func(run.Item) run.Result) []run.Result {
	results := make([]run.Result, len(list))
	for i, item := range list {
		results[i] = decide(item)
	}
	return results
}

func codeAll(list []run.Item) []run.Result { return each(list, codedAs) }

func records(list []run.Item) []string {
	names := make([]string, len(list))
	for i, item := range list {
		names[i] = item.Identity.RecordID
	}
	return names
}
