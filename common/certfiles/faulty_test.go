package certfiles

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestFilesShowAsFaultyForAsLongAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca", 240*time.Hour)
		cert, key := issue(t, ca, -time.Hour, 200*time.Hour)
		files := filled(t, cert, key, bundle(t, ca))
		s, err := Open(files, new(said))
		if err != nil {
			t.Fatal(err)
		}
		look := func(when string, want float64) {
			t.Helper()
			time.Sleep(checkEvery)
			if got, ok := gathered(t, s)[isFaulty]; !ok || got != want {
				t.Errorf("%s: %v (%t), want %v", when, got, ok, want)
			}
		}
		look("good", 0)
		write(t, files.Key, "half")
		look("a moment between two files", 0)
		look("faulty", 1)
		time.Sleep(100 * time.Hour)
		look("days later", 1)
		write(t, files.Key, "another half")
		look("faulty in another way", 1)
		look("still", 1)
		write(t, files.Key, key)
		look("as before", 0)
		write(t, files.CA, "")
		look("a moment", 0)
		look("faulty again", 1)
		write(t, files.CA, bundle(t, ca, newCA(t, "second", time.Hour)))
		look("new and good", 0)
	})
}

func TestWhoOnlyWatchesStartsWithFaultyFilesAndTakesUpMendedOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		files := Files{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key"), CA: filepath.Join(dir, "ca.crt")}
		var log said
		s := Watch(files, &log)
		got := gathered(t, s)
		if _, known := got[ownExpiry]; known || got[isFaulty] != 1 || len(log.told()) != 1 {
			t.Errorf("no files: %v, told %q", got, log.told())
		}
		for range 3 {
			time.Sleep(checkEvery)
			if got := gathered(t, s); got[isFaulty] != 1 || got[failed] != 0 || len(log.told()) != 1 {
				t.Errorf("still none: %v, told %q", got, log.told())
			}
		}
		ca := newCA(t, "ca", 240*time.Hour)
		cert, key := issue(t, ca, -time.Hour, 24*time.Hour)
		until := time.Now().Add(24 * time.Hour).Unix()
		write(t, files.Cert, cert)
		write(t, files.Key, key)
		write(t, files.CA, bundle(t, ca))
		time.Sleep(checkEvery)
		if got := gathered(t, s); got[ownExpiry] != float64(until) || got[isFaulty] != 0 {
			t.Errorf("there: %v", got)
		}
		if got := gathered(t, Watch(files, &log)); got[ownExpiry] != float64(until) || got[isFaulty] != 0 {
			t.Errorf("from the start: %v", got)
		}
	})
}
