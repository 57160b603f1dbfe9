// Package certfiles reads a certificate, its key and the CAs that are trusted
// from files, and takes up changed files without a restart.
//
// Files are told apart by content, since rotations replace files, rewrite them
// or switch a symbolic link. New material that is faulty, does not belong
// together or has expired is not taken up: what was in use stays in use, until
// the files are mended.
package certfiles

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// lookEvery is how often the files are looked at, at most.
const lookEvery = 2 * time.Second

// Source holds what was in the files when they were last good. It starts no
// goroutine: whoever asks for the material looks at the files where that is due.
// It is safe for concurrent use.
type Source struct {
	files  Files
	log    Logger
	now    atomic.Pointer[Material]
	failed atomic.Int64 // faulty contents
	faulty atomic.Bool  // the files are, as far as has been reported

	mu     sync.Mutex // held while the files are looked at
	looked time.Time
	inUse  [sha256.Size]byte
	// fault is the one of the last look, empty if there was none; told, that it
	// has been reported.
	fault string
	told  bool
}

// Logger is told what a Source does, with pairs of key and value.
type Logger interface {
	Info(msg string, args ...any)
	Error(msg string, args ...any)
}

// Open reads the files. A file that cannot be read or used is an error that
// names it; a certificate that is not valid at the moment is only logged, since a
// renewed one will be taken up.
func Open(files Files, log Logger) (*Source, error) {
	s := &Source{files: files, log: log, looked: time.Now()}
	read, err := files.read()
	if err != nil {
		return nil, err
	}
	m, err := files.parse(read)
	if err != nil {
		return nil, err
	}
	if err := m.validAt(time.Now()); err != nil {
		log.Error("a certificate that nobody will accept", "file", files.Cert, "why", err.Error())
	}
	s.inUse = read.digest()
	s.now.Store(m)
	return s, nil
}

// Watch is Open for who shows the metrics of files that others use: files that
// cannot be read or used are only logged, show as faulty, and are taken up once they
// are mended. Until then Now gives material without anything in it.
func Watch(files Files, log Logger) *Source {
	s, err := Open(files, log)
	if err == nil {
		return s
	}
	log.Error("certificate files cannot be used; they are looked at again", "why", err.Error())
	s = &Source{files: files, log: log, looked: time.Now()}
	s.now.Store(&Material{})
	s.faulty.Store(true)
	s.look()
	s.told = true // just now
	return s
}

// Now gives the material of the files, at most about two seconds old. Where
// somebody is looking at the files already it does not wait for that.
func (s *Source) Now() *Material {
	if s.mu.TryLock() {
		if time.Since(s.looked) >= lookEvery {
			s.look()
			s.looked = time.Now()
		}
		s.mu.Unlock()
	}
	return s.now.Load()
}

func (s *Source) look() {
	read, err := s.files.read()
	digest := read.digest()
	if err == nil && digest == s.inUse {
		s.mended()
		return
	}
	var m *Material
	if err == nil {
		m, err = s.files.parse(read)
	}
	if err == nil && s.now.Load().validAt(time.Now()) == nil {
		err = m.validAt(time.Now())
	}
	if err != nil {
		s.refuse(fmt.Sprintf("%x %v", digest, err), err)
		return
	}
	s.mended()
	s.inUse = digest
	s.now.Store(m)
	s.log.Info("certificates read anew", "file", s.files.Cert, "own_until", m.OwnUntil, "ca_until", m.CAUntil)
}

func (s *Source) mended() {
	s.fault, s.told = "", false
	s.faulty.Store(false)
}

// refuse reports a fault that two looks have seen, once: between a new
// certificate and its new key there is a moment in which the files do not fit.
func (s *Source) refuse(fault string, err error) {
	if s.fault != fault {
		s.fault, s.told = fault, false
		return
	}
	if s.told {
		return
	}
	s.told = true
	s.failed.Add(1)
	s.faulty.Store(true)
	s.log.Error("changed certificate files are not used; what was in use stays in use", "why", err.Error())
}

var (
	expiry = prometheus.NewDesc("aecode_certificate_expiry_timestamp_seconds",
		"When the first certificate ends, in seconds since 1970: own, of the service's own with those it sends along; ca, of the CAs it trusts.", []string{"certificate"}, nil)
	failures = prometheus.NewDesc("aecode_certificate_reload_failures_total",
		"Changed certificate files that could not be used.", nil, nil)
	faulty = prometheus.NewDesc("aecode_certificate_files_faulty",
		"1 while the certificate files cannot be used as they are, and what was in use before stays in use.", nil, nil)
)

// Describe is for Prometheus.
func (s *Source) Describe(to chan<- *prometheus.Desc) { to <- expiry; to <- failures; to <- faulty }

// Collect is for Prometheus. Like every use it looks at the files where that is
// due, so that a fault shows where nobody calls.
func (s *Source) Collect(to chan<- prometheus.Metric) {
	m := s.Now()
	for label, until := range map[string]time.Time{"own": m.OwnUntil, "ca": m.CAUntil} {
		if !until.IsZero() {
			to <- prometheus.MustNewConstMetric(expiry, prometheus.GaugeValue, float64(until.Unix()), label)
		}
	}
	to <- prometheus.MustNewConstMetric(failures, prometheus.CounterValue, float64(s.failed.Load()))
	state := 0.0
	if s.faulty.Load() {
		state = 1
	}
	to <- prometheus.MustNewConstMetric(faulty, prometheus.GaugeValue, state)
}
