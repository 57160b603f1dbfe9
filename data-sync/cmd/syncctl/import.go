package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"aecode/data-sync/internal/intake"
	"aecode/proto/datasync"
)

// Bounds of one batch: well under a second of data-sync's time, and what both
// sides hold in memory.
const (
	batchBytes   = 512 << 10
	batchRecords = 2000
)

type importFlags struct {
	source, format, encoding         string
	id                               []string
	study, verbatim, serious, langue string
}

func importCommand(set *settings) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Import a CSV or NDJSON file of reports; every row is accounted for",
		Long: `import sends the file's rows as they are, in bounded batches; data-sync parses
them. It ends with the account: rows = new + unchanged + changed + held +
unreadable. Held rows have an identity but no codable verbatim: they are stored
and wait for a person. Unreadable rows are kept as they came.

The same file may be imported again: its rows are then unchanged.`,
		Example: "  syncctl import ae.csv --id USUBJID,AESEQ\n  syncctl import ae.ndjson --source edc",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return set.with(func(s *server) error { return importFile(cmd.Context(), s, args[0], &f) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.source, "source", "file", "source system, a part of each report's identity")
	flags.StringVar(&f.format, "format", "", "csv or ndjson; default by the file's ending")
	flags.StringVar(&f.encoding, "encoding", "", "utf-8 or gb18030; default detected")
	flags.StringSliceVar(&f.id, "id", nil, "columns that together identify a record (default AESPID)")
	flags.StringVar(&f.study, "study", "", "column of the study (default STUDYID)")
	flags.StringVar(&f.verbatim, "verbatim", "", "column of the verbatim (default AETERM)")
	flags.StringVar(&f.serious, "serious", "", "column of seriousness (default AESER)")
	flags.StringVar(&f.langue, "language", "", "column of the verbatim's language (default LANG, if there)")
	return cmd
}

func importFile(ctx context.Context, s *server, path string, f *importFlags) error {
	format, err := intake.FormatOf(f.format, path)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	encoding, err := intake.ParseEncoding(f.encoding)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	survey, err := intake.TakeSurvey(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if f.encoding != "" {
		survey.Encoding = encoding
	}
	if survey.Unterminated {
		fmt.Fprintf(os.Stderr, "warning: the last line of %s has no line end; the file may have been cut\n", path)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	splitter := intake.NewSplitter(file, format, 0, batchBytes, batchRecords)
	header, err := splitter.ReadHeader()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	req := datasync.SubmitReportsReq{
		ImportId: uuid.NewString(),
		Source:   f.source,
		Format:   wireFormat(format),
		Encoding: string(survey.Encoding),
		Mapping: &datasync.Mapping{
			RecordId: f.id, Study: f.study, Verbatim: f.verbatim, Serious: f.serious, Language: f.langue,
		},
		FileName: filepath.Base(path),
		FileHash: survey.SHA256,
		Header:   header,
	}
	answer, err := sendPieces(ctx, s, splitter, &req)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	printAccount(path, answer)
	return nil
}

func wireFormat(f intake.Format) datasync.FileFormat {
	if f == intake.NDJSON {
		return datasync.FileFormat_NDJSON
	}
	return datasync.FileFormat_CSV
}

// sendPieces sends one batch after the other; only the file's end tells which
// is the last, so that one piece is read ahead.
func sendPieces(ctx context.Context, s *server, splitter *intake.Splitter, req *datasync.SubmitReportsReq) (*datasync.SubmitReportsResp, error) {
	piece, err := splitter.Next()
	if errors.Is(err, io.EOF) {
		piece, err = intake.Piece{FirstLine: 1}, nil
	}
	for ; ; req.Sequence++ {
		if err != nil {
			return nil, err
		}
		next, nextErr := splitter.Next()
		req.FirstLine, req.Rows, req.Last = piece.FirstLine, piece.Rows, errors.Is(nextErr, io.EOF)
		answer, err := call(ctx, s, func(ctx context.Context) (*datasync.SubmitReportsResp, error) {
			return s.SubmitReports(ctx, req)
		})
		if err != nil {
			return nil, err
		}
		printProblems(answer)
		if req.Last {
			return answer, nil
		}
		piece, err = next, nextErr
		if err != nil {
			return nil, err
		}
	}
}

func printProblems(answer *datasync.SubmitReportsResp) {
	for _, w := range answer.GetWarnings() {
		fmt.Fprintln(os.Stderr, "warning:", w)
	}
	for _, p := range answer.GetProblems() {
		where := fmt.Sprintf("line %d", p.GetLine())
		if id := p.GetIdentity(); id.GetRecordId() != "" {
			where += fmt.Sprintf(" (%s/%s/%s)", id.GetSource(), id.GetStudy(), id.GetRecordId())
		}
		if p.GetField() != "" {
			where += " " + p.GetField()
		}
		fmt.Fprintf(os.Stderr, "%s: %s: %s\n", where, p.GetReason(), p.GetMessage())
	}
	if n := answer.GetProblemsLeftOut(); n > 0 {
		fmt.Fprintf(os.Stderr, "and %d rows more with problems; export --review lists all\n", n)
	}
}

func printAccount(path string, answer *datasync.SubmitReportsResp) {
	a := answer.GetAccount()
	fmt.Printf("imported %s: %d rows = %d new + %d unchanged + %d changed + %d held + %d unreadable\n",
		filepath.Base(path), a.GetRows(), a.GetNew(), a.GetUnchanged(), a.GetChanged(), a.GetHeld(), a.GetUnreadable())
}
