package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"aecode/terminology/internal/meddra"
)

// Look loads what has changed, has been the same for two looks, and has no fault: first
// lists, then releases. Meanwhile the current catalog is served. Two calls must not run
// at the same time. Look ends early if ctx ends.
func (k *Keeper) Look(ctx context.Context) {
	changed := k.lookAtLists()
	paths, err := k.paths()
	if err != nil {
		k.troubled(Unreadable, k.config.Dictionaries.Library, &k.trouble, err)
	} else {
		k.trouble = ""
		changed = k.lookAtPlaces(ctx, paths) || changed
	}
	if changed && k.refused != nil {
		k.apply(k.refused, false)
	}
	if changed {
		if err := k.swap(); err != nil {
			k.note(Event{Kind: Refused, Release: k.config.Dictionaries.Default, Err: err})
		}
	}
	events := k.events
	k.events = nil
	for _, e := range events {
		k.report(e)
	}
}

func (k *Keeper) note(e Event) { k.events = append(k.events, e) }

// troubled notes that a look failed, once for as long as the error is the same.
func (k *Keeper) troubled(kind Kind, release string, last *string, err error) {
	if text := err.Error(); text != *last {
		*last = text
		k.note(Event{Kind: kind, Release: release, Err: err})
	}
}

// lookAtPlaces looks at the releases and reports whether the entries have changed.
func (k *Keeper) lookAtPlaces(ctx context.Context, paths []string) (changed bool) {
	var gone []*place
	for _, p := range k.places {
		here := slices.Contains(paths, p.path)
		if !here && p.missing {
			gone = append(gone, p)
		}
		p.missing = !here
		p.kept = p.kept && !here
	}
	for _, path := range paths {
		if !slices.ContainsFunc(k.places, func(p *place) bool { return p.path == path }) {
			k.places = append(k.places, &place{path: path})
		}
	}
	for _, p := range k.places {
		if !p.missing && ctx.Err() == nil {
			k.read(p)
		}
	}
	was := make(map[*place]*Entry, len(gone))
	for _, p := range gone {
		was[p], p.entry, p.version = p.entry, nil, nil
	}
	for _, p := range k.places {
		fitted, err := k.fit(p)
		if err != nil {
			k.note(Event{Kind: Refused, Release: p.path, Err: err})
		}
		if fitted {
			changed = true
			k.note(Event{Kind: TakenUp, Release: p.version.Label, Warnings: warningsOf(p.version)})
		}
	}
	return k.drop(gone, was) || changed
}

// read loads a place's version if its files have changed and are complete.
func (k *Keeper) read(p *place) {
	now, err := fingerprintOf(p.path)
	if err != nil {
		k.troubled(Refused, p.path, &p.trouble, err)
		return
	}
	p.trouble = ""
	if changed, still := p.look(now); !changed || !still {
		return
	}
	v, err := load(p.path)
	if after, failed := fingerprintOf(p.path); failed != nil || !after.same(now) {
		p.seen = nil // the files changed while they were read
		return
	}
	p.tried = now
	if err != nil {
		k.note(Event{Kind: Refused, Release: p.path, Err: err})
		return
	}
	p.version = v
}

func load(path string) (v *meddra.Version, err error) {
	defer contain(&err)
	return meddra.LoadVersion(path)
}

// drop removes the places that are gone. A place stays if without it nothing would be
// served, or not the release that is configured as the default.
func (k *Keeper) drop(gone []*place, was map[*place]*Entry) (changed bool) {
	serves := func(label string) bool {
		return slices.ContainsFunc(k.entries(), func(e *Entry) bool { return label == "" || e.Version.Label == label })
	}
	none := !serves("")
	for _, p := range gone {
		entry := was[p]
		if entry != nil && (none || entry.Version.Label == k.config.Dictionaries.Default && !serves(k.config.Dictionaries.Default)) {
			p.entry, p.version = entry, entry.Version
			if !p.kept {
				k.note(Event{Kind: Refused, Release: entry.Version.Label, Err: fmt.Errorf("%s is gone, but its release is still served, since nothing can take its place: put it back, or configure another", p.path)})
			}
			p.kept = true
			continue
		}
		k.places = slices.DeleteFunc(k.places, func(other *place) bool { return other == p })
		if entry != nil {
			changed = true
			if !serves(entry.Version.Label) {
				k.note(Event{Kind: Dropped, Release: entry.Version.Label})
			}
		}
	}
	return changed
}

// openLists reads the lists at the start.
func (k *Keeper) openLists() error {
	synonyms, avoid, err := k.fingerprintLists()
	if err == nil {
		k.lists, err = readLists(k.config)
	}
	k.synonyms, k.avoid = watched{synonyms, synonyms}, watched{avoid, avoid}
	return err
}

// fingerprintLists gives the fingerprints of the synonyms and of the site's other lists.
func (k *Keeper) fingerprintLists() (synonyms, site fingerprint, err error) {
	synonyms, err1 := fingerprintOfList(k.config.Synonyms)
	avoid, err2 := fingerprintOfList(k.config.DoNotAutocode)
	optIn, err3 := fingerprintOfList(k.config.OptIn)
	if err1 != nil {
		err1 = fmt.Errorf("synonym list: %w", err1)
	}
	if err2 != nil {
		err2 = fmt.Errorf("do-not-autocode list: %w", err2)
	}
	if err3 != nil {
		err3 = fmt.Errorf("opt-in list: %w", err3)
	}
	return synonyms, slices.Concat(avoid, optIn), errors.Join(err1, err2, err3)
}

// lookAtLists looks at the lists and reports whether other lists are used now.
func (k *Keeper) lookAtLists() (changed bool) {
	synonyms, avoid, err := k.fingerprintLists()
	if err != nil {
		k.troubled(ListsRefused, "", &k.listTrouble, err)
		return false
	}
	k.listTrouble = ""
	changed1, still1 := k.synonyms.look(synonyms)
	changed2, still2 := k.avoid.look(avoid)
	if !changed1 && !changed2 || !still1 || !still2 {
		return false
	}
	next, err := readLists(k.config)
	if s, a, failed := k.fingerprintLists(); failed != nil || !s.same(synonyms) || !a.same(avoid) {
		return false // the files changed while they were read
	}
	k.synonyms.tried, k.avoid.tried = synonyms, avoid
	k.refused = nil
	switch {
	case err != nil:
		k.note(Event{Kind: ListsRefused, Err: err})
		return false
	case next.same(k.lists):
		return false // the content is the same
	}
	return k.apply(next, true)
}

// apply gives every entry other lists, if the lists match all releases.
func (k *Keeper) apply(next *listSet, tell bool) bool {
	entries := make(map[*place]*Entry)
	for _, p := range k.places {
		if p.entry == nil {
			continue
		}
		entry, err := rebuild(p.entry, next)
		if err != nil {
			k.refused = next
			if tell {
				k.note(Event{Kind: ListsRefused, Release: p.entry.Version.Label, Err: err})
			}
			return false
		}
		entries[p] = entry
	}
	for p, entry := range entries {
		p.entry = entry
	}
	k.lists, k.refused = next, nil
	k.note(Event{Kind: ListsTakenUp})
	return true
}
