package command

import (
	"errors"
	"flag"
	"fmt"

	"aecode/terminology/cmd/internal/gold"
	"aecode/terminology/internal/meddra"
)

// Input names a release and a gold file.
type Input struct {
	// Release is the folder of a release: a version or one language of it.
	Release string
	// Gold is the path of a gold file.
	Gold string
	// Language is the language of the gold file's wordings; empty if it is not
	// given.
	Language meddra.Language

	languageFlag string
}

// Register defines the flags -release and -gold, and one for the language whose
// name and help the command chooses.
func (in *Input) Register(flags *flag.FlagSet, languageFlag, languageHelp string) {
	in.languageFlag = languageFlag
	flags.StringVar(&in.Release, "release", "", "`folder` of a release: a version (en/, zh/) or one language of it")
	flags.StringVar(&in.Gold, "gold", "", "gold `file`")
	flags.Func(languageFlag, languageHelp, func(s string) (err error) {
		in.Language, err = meddra.ParseLanguage(s)
		return err
	})
}

// Check returns an error if the release or the gold file is not given.
func (in Input) Check() error {
	switch {
	case in.Release == "":
		return errors.New("-release must name a folder; -h explains")
	case in.Gold == "":
		return errors.New("-gold must name a file; -h explains")
	}
	return nil
}

// Load reads the release and the gold file. A language that is given must be one
// of the release's.
func (in Input) Load() (*meddra.Version, []gold.Line, error) {
	version, err := meddra.LoadVersion(in.Release)
	if err != nil {
		return nil, nil, err
	}
	if in.Language != "" && version.Releases[in.Language] == nil {
		return nil, nil, fmt.Errorf("-%s %s: the release in %s has no such language", in.languageFlag, in.Language, in.Release)
	}
	lines, err := gold.Load(in.Gold)
	if err != nil {
		return nil, nil, err
	}
	return version, lines, nil
}
