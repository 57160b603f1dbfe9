// Package terminologyclient calls terminology for data-sync: batches, tries, deadlines
// and budget, and the mapping of answers to codings.
//
// It is the adapter between the nightly engine, which knows no gRPC, and the
// Terminology service.
package terminologyclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	terminologypb "aecode/proto/terminology"
)

// MaxBatch is the maximum number of items that one EncodeTerms call takes.
const MaxBatch = 256

// Client codes verbatims through a Terminology service. It is what the
// engine and single reports code through, and is safe for concurrent use. Its connection must have no
// retry, breaker or timeout of its own: those are here.
type Client struct {
	rpc    terminologypb.TerminologyClient
	cfg    Config
	policy retry.Policy
	size   *Size
	seen   Observer
	close  func() error
}

// New returns a client over rpc. A nil observer observes nothing. A Config
// that cannot work is an error that names its fields.
func New(rpc terminologypb.TerminologyClient, cfg Config, seen Observer) (*Client, error) {
	if rpc == nil {
		return nil, errors.New("terminologyclient: no terminology client given")
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("terminologyclient: %w", err)
	}
	budget, err := retry.NewBudget(cfg.BudgetRatio, cfg.BudgetPerSecond, retry.DefaultBudgetTTL)
	if err != nil {
		return nil, fmt.Errorf("terminologyclient: %w", err)
	}
	if seen == nil {
		seen = unobserved{}
	}
	c := &Client{rpc: rpc, cfg: cfg, size: NewSize(cfg.AttemptTimeout, cfg.MaxBatch), seen: seen, close: func() error { return nil }}
	c.policy = retry.Policy{
		MaxAttempts:    cfg.MaxAttempts,
		AttemptTimeout: cfg.AttemptTimeout,
		Backoff:        cfg.backoff(),
		Classify:       classify,
		Budget:         budget,
		Observer: func(_ context.Context, e retry.Event) {
			if e.Err != nil {
				seen.Retry(e.Reason.String(), e.Items)
			}
		},
	}
	return c, nil
}

// BatchSize is how many terms the next Encode should carry: 1 to MaxBatch of the
// configuration.
func (c *Client) BatchSize() int { return c.size.Get() }

// Encode answers each term at the same index, within Overall and ctx. It refuses
// more terms than MaxBatch of the configuration: the caller cuts, by BatchSize.
//
// An item that failed has its Err set, a *run.Failure: its own fault, or a
// transient one that spoiled the rest of its batch. An error means that nothing at
// all was answered; it is a *run.Failure too, unless the batch was refused.
func (c *Client) Encode(ctx context.Context, pin report.Versions, terms []run.Term) ([]run.Answer, error) {
	if len(terms) > c.cfg.MaxBatch {
		return nil, fmt.Errorf("terminologyclient: a batch of %d terms is larger than MaxBatch, %d: cut it by BatchSize", len(terms), c.cfg.MaxBatch)
	}
	b := newBatch(c, pin, terms)
	failure := b.run(ctx)
	if failure != nil && b.kept() == 0 {
		return nil, failure
	}
	b.fillWith(failure) // what the failure left open
	return b.answers, nil
}

// send is one EncodeTerms call under ctx's deadline. The results are as many
// as the items.
func (c *Client) send(ctx context.Context, pin report.Versions, items []*terminologypb.EncodeItem) ([]*terminologypb.EncodeResult, error) {
	start := time.Now()
	var trailer metadata.MD
	resp, err := c.rpc.EncodeTerms(ctx, &terminologypb.EncodeTermsReq{
		Items: items,
		Pin:   pinOf(pin),
		Limit: int32(c.cfg.Candidates), //nolint:gosec // 1 to 20
	}, grpc.Trailer(&trailer))
	c.seen.Attempt(codeName(codeOf(err)), len(items), time.Since(start))
	if err != nil {
		return nil, retry.WithTrailer(err, trailer)
	}
	if len(resp.GetResults()) != len(items) {
		return nil, errMalformed
	}
	return resp.GetResults(), nil
}

// probeTerm is harmless, and no patient's.
const probeTerm = "headache"

// Probe returns nil when terminology answers a harmless verbatim under the pin,
// with tries and deadlines as for Encode.
func (c *Client) Probe(ctx context.Context, pin report.Versions) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Overall)
	defer cancel()
	policy := c.policy
	policy.Items = 1
	if err := retry.Do(ctx, policy, func(ctx context.Context) error { return c.probe(ctx, pin) }); err != nil {
		return failureOf(err)
	}
	return nil
}

// probe is one try of Probe.
func (c *Client) probe(ctx context.Context, pin report.Versions) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.AttemptTimeout)
	defer cancel()
	results, err := c.send(ctx, pin, []*terminologypb.EncodeItem{{Term: probeTerm}})
	if err == nil && results[0].GetAnswer() == nil {
		err = errNoProgress
		if e := results[0].GetError(); e != nil {
			err = status.Error(codes.Code(e.GetCode()), "the probe") //nolint:gosec // an unknown code stays unknown
		}
	}
	return err
}

// Newest gives the versions of terminology's default release, with tries and
// deadlines as for Encode.
func (c *Client) Newest(ctx context.Context) (report.Versions, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Overall)
	defer cancel()
	policy := c.policy
	policy.Items = 1
	resp, err := retry.DoValue(ctx, policy, func(ctx context.Context) (*terminologypb.ListReleasesResp, error) {
		start := time.Now()
		var trailer metadata.MD
		resp, err := c.rpc.ListReleases(ctx, &terminologypb.ListReleasesReq{}, grpc.Trailer(&trailer))
		c.seen.Attempt(codeName(codeOf(err)), 1, time.Since(start))
		if err == nil && len(resp.GetReleases()) == 0 {
			err = status.Error(codes.Unavailable, "terminology serves no release yet")
		}
		return resp, retry.WithTrailer(err, trailer)
	})
	if err != nil {
		return report.Versions{}, failureOf(err)
	}
	for _, r := range resp.GetReleases() {
		if !r.GetIsDefault() {
			continue
		}
		v := report.Versions{
			Dictionary:     r.GetDictionary(),
			SynonymVersion: r.GetSynonymVersion(),
			EngineVersion:  resp.GetEngineVersion(),
		}
		if v.Dictionary == "" {
			return report.Versions{}, malformed("the default release has no label")
		}
		return v, nil
	}
	return report.Versions{}, malformed("none of terminology's releases is the default: set one in its configuration")
}

func malformed(what string) *run.Failure {
	return &run.Failure{Class: run.ClassMalformed, Err: errors.New(what)}
}
