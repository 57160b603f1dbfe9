package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/proto/datasync"
)

// permanent tells the errors that looking again cannot cure.
func permanent(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.NotFound, codes.Unimplemented, codes.PermissionDenied, codes.Unauthenticated, codes.FailedPrecondition:
		return true
	}
	return false
}

// oneRunID is the optional argument RUN: empty means the newest run.
func oneRunID(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func getRun(ctx context.Context, s *server, id string) (*datasync.Run, error) {
	return call(ctx, s, func(ctx context.Context) (*datasync.Run, error) {
		return s.GetRun(ctx, &datasync.GetRunReq{RunId: id})
	})
}

func statusCommand(set *settings) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "status [RUN]",
		Short: "Print the table of a run (default: the newest), or list the runs",
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return set.with(func(s *server) error {
				if all {
					return listRuns(cmd.Context(), s)
				}
				run, err := getRun(cmd.Context(), s, oneRunID(args))
				if err != nil {
					return err
				}
				printTable(os.Stdout, run)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list the runs, newest first")
	return cmd
}

func listRuns(ctx context.Context, s *server) error {
	answer, err := call(ctx, s, func(ctx context.Context) (*datasync.ListRunsResp, error) {
		return s.ListRuns(ctx, &datasync.ListRunsReq{Limit: 100})
	})
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tPASS\tSTATE\tREAD\tCODED\tREVIEW\tLEFT\tOPENED")
	for _, r := range answer.GetRuns() {
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%s\n", r.GetRunId(), r.GetPass(), r.GetState(),
			r.GetRead(), r.GetCoded(), r.GetReview(), r.GetLeft(), r.GetOpenedAt().AsTime().Format(time.RFC3339))
	}
	return w.Flush()
}

func watchCommand(set *settings) *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "watch [RUN]",
		Short: "Follow a run (default: the newest) to its end, then print its table",
		Long:  "watch follows the newest pass of a run, whichever replica works on it.\n\n" + exitCodesHelp,
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return set.with(func(s *server) error {
				ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
				defer cancel()
				run, err := getRun(ctx, s, oneRunID(args))
				if err != nil {
					return err
				}
				return follow(ctx, s, run)
			})
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Hour, "give up waiting after this long; the run itself goes on")
	return cmd
}

func cancelCommand(set *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel RUN",
		Short: "End a run's open pass; what is coded stays coded",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return set.with(func(s *server) error {
				run, err := call(cmd.Context(), s, func(ctx context.Context) (*datasync.Run, error) {
					return s.CancelRun(ctx, &datasync.CancelRunReq{RunId: args[0]})
				})
				if err != nil {
					return err
				}
				printTable(os.Stdout, run)
				return nil
			})
		},
	}
}

func reportsCommand(set *settings) *cobra.Command {
	var state, study string
	var limit int
	var verbatims bool
	cmd := &cobra.Command{
		Use:   "reports",
		Short: "List reports by status and study",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, known := datasync.ReportStatus_value[strings.ToUpper(state)]
			if state != "" && !known {
				return &exitError{exitUsage, fmt.Errorf("--status %s: want PENDING, CODED, REVIEW, PROPOSED, QUERY, UNCODABLE or WITHDRAWN", state)}
			}
			if limit < 1 {
				return &exitError{exitUsage, fmt.Errorf("--limit must be at least 1, is %d", limit)}
			}
			return set.with(func(s *server) error {
				req := &datasync.ListReportsReq{Status: datasync.ReportStatus(n), Study: study}
				return listReports(cmd.Context(), s, req, limit, verbatims)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&state, "status", "", "only this status, such as REVIEW")
	flags.StringVar(&study, "study", "", "only this study")
	flags.IntVar(&limit, "limit", 100, "maximum number of reports")
	flags.BoolVar(&verbatims, "verbatims", false, "show the verbatims too; they are a patient's words, mind who reads along")
	return cmd
}

func listReports(ctx context.Context, s *server, req *datasync.ListReportsReq, limit int, verbatims bool) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	header := "SOURCE\tSTUDY\tRECORD\tSTATUS\tREASON\tCODE\tMETHOD\tSERIOUS"
	if verbatims {
		header += "\tVERBATIM"
	}
	fmt.Fprintln(w, header)
	for shown := 0; shown < limit; {
		req.PageSize = int32(min(limit-shown, 500)) //nolint:gosec // at most 500
		page, err := call(ctx, s, func(ctx context.Context) (*datasync.ListReportsResp, error) { return s.ListReports(ctx, req) })
		if err != nil {
			return err
		}
		for _, r := range page.GetReports() {
			id := r.GetIdentity()
			reason := r.GetReviewReason()
			if reason == "" {
				reason = r.GetLastError()
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%t", id.GetSource(), id.GetStudy(), id.GetRecordId(),
				r.GetStatus(), reason, r.GetCoding().GetLlt().GetCode(), r.GetCoding().GetMethod(), r.GetSerious())
			if verbatims {
				fmt.Fprintf(w, "\t%q", r.GetVerbatim())
			}
			fmt.Fprintln(w)
		}
		shown += len(page.GetReports())
		if page.GetNextPageToken() == "" {
			break
		}
		req.PageToken = page.GetNextPageToken()
	}
	return w.Flush()
}
