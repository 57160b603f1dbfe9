package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"
)

// Keeper keeps a catalog up to date with the folders and lists on disk. One goroutine
// may look for changes; any number may ask for the current catalog.
type Keeper struct {
	config  Config
	report  func(Event)
	current atomic.Pointer[Catalog]

	// The fields below belong to the goroutine that looks.
	places               []*place
	lists                *listSet // in use
	synonyms             watched
	avoid                watched
	refused              *listSet // without a fault, but it does not match a release that is served
	trouble, listTrouble string   // why the last look at the library or the lists failed
	events               []Event
}

// place is a path with one version, and the entry that is served from it.
type place struct {
	path string
	watched
	version *meddra.Version // the last one without a fault; nil: there was none
	entry   *Entry          // the entry that is served; nil: none
	unfit   unfit
	trouble string // why the last look failed
	missing bool   // it was gone at the last look
	kept    bool   // it is gone, and its entry is still served since it must be
}

// unfit says why a version without a fault is not served. As long as none of its fields
// changes, the version is not tried again.
type unfit struct {
	version *meddra.Version
	lists   *listSet
	other   string // the place that already serves its label
}

// NewKeeper returns a keeper that has read nothing yet. report receives every
// change that [Keeper.Look] finds.
func NewKeeper(c Config, report func(Event)) *Keeper {
	return &Keeper{config: c, report: report}
}

// Load reads and validates everything, once, before any other method is called. A
// faulty release or list is refused whole; the error names its files and lines.
// warnings are for the operator's log.
func (k *Keeper) Load() (warnings []string, err error) {
	if err := k.openLists(); err != nil {
		return nil, err
	}
	paths, err := k.paths()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, path := range paths {
		p := &place{path: path}
		k.places = append(k.places, p)
		now, err := fingerprintOf(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("release %s: %w", path, err))
			continue
		}
		p.seen, p.tried = now, now
		if p.version, err = meddra.LoadVersion(path); err == nil {
			_, err = k.fit(p)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("release %s: %w", path, err))
			continue
		}
		warnings = append(warnings, warningsOf(p.version)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := k.swap(); err != nil {
		return nil, err
	}
	return warnings, nil
}

// Current is the catalog that serves now; nil before Load has succeeded.
func (k *Keeper) Current() *Catalog { return k.current.Load() }

// swap makes a catalog of the entries of all places the current one.
func (k *Keeper) swap() error {
	next, err := assemble(k.entries(), k.config.Dictionaries.Default)
	if err != nil {
		return err
	}
	for _, p := range k.places {
		if p.entry != nil {
			p.entry = next.entries[p.entry.Version.Label] // which may have become the default
		}
	}
	next.remember(k.current.Load())
	k.current.Store(next)
	return nil
}

// Watch looks for changes every Dictionaries.Rescan until ctx ends. With a Rescan of 0
// it returns at once.
func (k *Keeper) Watch(ctx context.Context) {
	if k.config.Dictionaries.Rescan == 0 {
		return
	}
	again := time.NewTicker(k.config.Dictionaries.Rescan)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			k.Look(ctx)
		}
	}
}

// paths lists the paths with versions.
func (k *Keeper) paths() ([]string, error) {
	if k.config.Dictionaries.Library == "" {
		return []string{k.config.Dictionaries.Release}, nil
	}
	paths, err := meddra.Places(k.config.Dictionaries.Library)
	if err != nil {
		return nil, fmt.Errorf("release library %s: %w", k.config.Dictionaries.Library, err)
	}
	return paths, nil
}

// build makes the entry of a version. If a release makes the coder panic, the release is
// faulty, and the others must still be served.
func (k *Keeper) build(v *meddra.Version, l *listSet) (entry *Entry, err error) {
	defer contain(&err)
	synonyms, err := l.against(v)
	if err != nil {
		return nil, err
	}
	c, err := coder.New(v.Releases, synonyms, l.avoid, coder.Options{
		CacheEntries: cmp.Or(k.config.CacheEntries, -1), OptIn: l.optIn,
	}) // below 0: none
	if err != nil {
		return nil, err
	}
	return &Entry{Version: v, Coder: c, Versions: c.Versions()}, nil
}

// rebuild makes an entry with other lists over the same indexes.
func rebuild(e *Entry, l *listSet) (entry *Entry, err error) {
	defer contain(&err)
	synonyms, err := l.against(e.Version)
	if err != nil {
		return nil, err
	}
	c, err := e.Coder.WithLists(synonyms, l.avoid, l.optIn)
	if err != nil {
		return nil, fmt.Errorf("release %s: %w", e.Version.Label, err)
	}
	return &Entry{Version: e.Version, Coder: c, Versions: c.Versions(), Default: e.Default}, nil
}

// contain turns a panic into an error. The error has only the type of the panic's value,
// which may hold content of a release.
func contain(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("a panic of type %T: please report this error", v)
	}
}

// fit makes the entry of a place's last version if that can be served. It is called at
// every look, and tries again only if something has changed.
func (k *Keeper) fit(p *place) (fitted bool, err error) {
	if p.version == nil || p.entry != nil && p.entry.Version == p.version {
		return false, nil
	}
	now := unfit{version: p.version, lists: k.lists}
	for _, other := range k.places {
		if other != p && other.entry != nil && other.entry.Version.Label == p.version.Label {
			now.other = other.path
		}
	}
	if p.unfit == now {
		return false, nil
	}
	p.unfit = now
	if now.other != "" {
		return false, p.twice()
	}
	entry, err := k.build(p.version, k.lists)
	if err != nil {
		return false, err
	}
	p.entry, p.unfit = entry, unfit{}
	return true, nil
}

// entries gives the entries that are served, one for each label.
func (k *Keeper) entries() (entries []*Entry) {
	for _, p := range k.places {
		if p.entry != nil {
			entries = append(entries, p.entry)
		}
	}
	return entries
}

// twice says that another place already serves the label of a place's version.
func (p *place) twice() error {
	return fmt.Errorf("version %s is already in %s: remove one, or put two languages of one version into one folder",
		p.unfit.version.Label, p.unfit.other)
}

func warningsOf(v *meddra.Version) (warnings []string) {
	for language, r := range v.Releases {
		if n := r.WarningCount(); n > 0 {
			warnings = append(warnings, fmt.Sprintf("release %s, %s: %d warnings, the first: %v", v.Label, language, n, r.Warnings()[0].Error()))
		}
	}
	slices.Sort(warnings)
	return warnings
}
