package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
	"aecode/proto/datasync"
)

func exportCommand(set *settings) *cobra.Command {
	var coded, review string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the coded reports (SDTM AE) and the list for the medical coder",
		Long: `export writes --coded, every report in the store with its codes, and --review,
what a person must decide, serious reports first. A file is put in place only
when it is whole. One of both may be -, standard output, where only exit code 0
says that it is whole.`,
		Example: "  syncctl export --coded out/ae_coded.csv --review out/ae_review.csv\n  syncctl export --coded - > ae_coded.csv",
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if coded == "" && review == "" {
				return &exitError{exitUsage, errors.New("say where: --coded FILE, --review FILE or both")}
			}
			if coded == standardOutput && review == standardOutput {
				return &exitError{exitUsage, errors.New("only one of --coded and --review can go to standard output")}
			}
			return set.with(func(s *server) error {
				ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
				defer cancel()
				for _, part := range []struct {
					path string
					kind datasync.ExportKind
				}{{coded, datasync.ExportKind_CODED_CSV}, {review, datasync.ExportKind_REVIEW_CSV}} {
					switch part.path {
					case "":
						continue
					case standardOutput:
						if err := exportTo(ctx, s, os.Stdout, part.kind); err != nil {
							return err
						}
						continue
					}
					if err := exportFile(ctx, s, part.path, part.kind); err != nil {
						return fmt.Errorf("%s: %w", part.path, err)
					}
					fmt.Println("wrote", part.path)
				}
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&coded, "coded", "", "file of all reports with their codes; - is standard output")
	flags.StringVar(&review, "review", "", "file of what a person must decide; - is standard output")
	flags.DurationVar(&timeout, "timeout", 30*time.Minute, "give up after this long")
	return cmd
}

// standardOutput is the name of no file.
const standardOutput = "-"

// exportSilence is how long data-sync may take for the next piece of a file.
const exportSilence = time.Minute

// errSilent is worth another try.
var errSilent = status.Error(codes.Unavailable, "data-sync has sent nothing for "+exportSilence.String())

// exportFile streams one file into place. A stream that breaks or falls silent
// starts again from the beginning, on another replica where there is one: the
// file is written under another name until it is whole.
func exportFile(ctx context.Context, s *server, path string, kind datasync.ExportKind) error {
	return retry.Do(ctx, retry.Config{Attempts: 3, Delay: 200 * time.Millisecond, MaxDelay: 2 * time.Second}, func(ctx context.Context) error {
		return exportOnce(ctx, s, path, kind)
	})
}

func exportOnce(ctx context.Context, s *server, path string, kind datasync.ExportKind) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()           // closed already, or of no use now
			_ = os.Remove(file.Name()) // what cannot be removed is seen by its name
		}
	}()
	out := bufio.NewWriterSize(file, 256<<10)
	if err := receive(ctx, s, out, kind); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// exportTo streams to w. What has been written cannot be taken back: a stream that
// breaks after its first piece is not asked for again.
func exportTo(ctx context.Context, s *server, w io.Writer, kind datasync.ExportKind) error {
	out := &counting{w: w}
	return retry.Do(ctx, retry.Config{Attempts: 3, Delay: 200 * time.Millisecond, MaxDelay: 2 * time.Second}, func(ctx context.Context) error {
		err := receive(ctx, s, out, kind)
		if err != nil && out.n > 0 {
			// Not wrapped: whatever it is, there is no second try.
			return fmt.Errorf("standard output is not whole, export again: %s", describe(err))
		}
		return err
	})
}

type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// receive writes what data-sync streams, until its end.
func receive(ctx context.Context, s *server, out io.Writer, kind datasync.ExportKind) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(exportSilence, func() { cancel(errSilent) })
	defer silence.Stop()
	stream, err := s.ExportReports(ctx, &datasync.ExportReportsReq{Kind: kind})
	if err != nil {
		return err
	}
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(context.Cause(ctx), errSilent) {
			return errSilent
		}
		if err != nil {
			return err
		}
		silence.Reset(exportSilence)
		if _, err := out.Write(piece.GetData()); err != nil {
			return err
		}
	}
}
