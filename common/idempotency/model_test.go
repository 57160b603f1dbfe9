package idempotency

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"
)

// modelRecord is what one key should hold.
type modelRecord struct {
	owner, fingerprint, result string
	done                       bool
	expires                    time.Duration
}

// TestAnySequenceOfOperationsMatchesThePlainModel drives the store and a map
// with the same random operations and compares every answer.
func TestAnySequenceOfOperationsMatchesThePlainModel(t *testing.T) {
	m := miniredis.RunT(t)
	c := redis.NewClient(&redis.Options{Addr: m.Addr(), ContextTimeoutEnabled: true, DisableIdentity: true, PipelinePoolSize: -1})
	t.Cleanup(func() { _ = c.Close() })
	const lease, retention = 10 * time.Second, 60 * time.Second
	s, err := New(c, Options{Config: Config{Lease: lease, Retention: retention, CallTimeout: 10 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}

	rapid.Check(t, func(rt *rapid.T) {
		m.FlushAll()
		model := map[string]*modelRecord{}
		var now time.Duration
		live := func(key string) *modelRecord {
			if r := model[key]; r != nil && r.expires > now {
				return r
			}
			delete(model, key)
			return nil
		}
		key := rapid.SampledFrom([]string{"k1", "k2", "k3"})
		owner := rapid.SampledFrom([]string{"a", "b"})
		text := rapid.SampledFrom([]string{"x", "y"})

		claim := func(r Request) Outcome {
			rec := live(r.Key)
			switch {
			case rec == nil:
				model[r.Key] = &modelRecord{owner: r.Owner, fingerprint: r.Fingerprint, expires: now + lease}
				return Acquired
			case rec.fingerprint != r.Fingerprint:
				return Mismatch
			case rec.done:
				return Replay
			case rec.owner == r.Owner:
				rec.expires = now + lease
				return Acquired
			default:
				return InFlight
			}
		}
		owned := func(h Hold, effect func(*modelRecord) error) error {
			rec := live(h.Key)
			if rec == nil {
				return ErrLeaseLost
			}
			if rec.owner != h.Owner {
				return ErrNotOwner
			}
			return effect(rec)
		}
		same := func(what string, got, want error) {
			if !errors.Is(got, want) || errors.Is(got, ErrLeaseLost) != errors.Is(want, ErrLeaseLost) {
				rt.Fatalf("%s: got %v, want %v", what, got, want)
			}
		}

		rt.Repeat(map[string]func(*rapid.T){
			"claim": func(rt *rapid.T) {
				r := Request{Key: key.Draw(rt, "key"), Fingerprint: text.Draw(rt, "fp"), Owner: owner.Draw(rt, "owner")}
				got, err := s.Claim(t.Context(), r)
				want := claim(r)
				if err != nil || got.Outcome != want {
					rt.Fatalf("claim: got %v, %v; want %v", got.Outcome, err, want)
				}
				if want == Replay && string(got.Result) != model[r.Key].result {
					rt.Fatalf("replayed %q, want %q", got.Result, model[r.Key].result)
				}
			},
			"complete": func(rt *rapid.T) {
				items := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Completion {
					return Completion{key.Draw(rt, "key"), owner.Draw(rt, "owner"), []byte(text.Draw(rt, "result"))}
				}), 1, 4).Draw(rt, "items")
				errs, err := s.CompleteBatch(t.Context(), items)
				if err != nil {
					rt.Fatal(err)
				}
				for i, it := range items {
					same(fmt.Sprint("complete ", i), errs[i], owned(Hold{it.Key, it.Owner}, func(rec *modelRecord) error {
						if rec.done && rec.result != string(it.Result) {
							return ErrCompleted
						}
						if !rec.done {
							rec.done, rec.result, rec.expires = true, string(it.Result), now+retention
						}
						return nil
					}))
				}
			},
			"extend": func(rt *rapid.T) {
				h := Hold{key.Draw(rt, "key"), owner.Draw(rt, "owner")}
				same("extend", s.Extend(t.Context(), h.Key, h.Owner), owned(h, func(rec *modelRecord) error {
					if !rec.done {
						rec.expires = now + lease
					}
					return nil
				}))
			},
			"release": func(rt *rapid.T) {
				h := Hold{key.Draw(rt, "key"), owner.Draw(rt, "owner")}
				same("release", s.Release(t.Context(), h.Key, h.Owner), owned(h, func(rec *modelRecord) error {
					if !rec.done {
						delete(model, h.Key)
					}
					return nil
				}))
			},
			"time passes": func(rt *rapid.T) {
				d := time.Duration(rapid.IntRange(1, 12).Draw(rt, "seconds")) * time.Second
				m.FastForward(d)
				now += d
			},
			"wiped": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "dice") == 0 {
					m.FlushAll()
					clear(model)
				}
			},
		})
	})
}
