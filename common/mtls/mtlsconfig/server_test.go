package mtlsconfig

import (
	"strings"
	"testing"

	"aecode/common/configfile"
	"aecode/common/mtls"
)

func TestAllFilesOrNoneAndAnIdentityNeedsCallers(t *testing.T) {
	files := mtls.Config{CertFile: "c", KeyFile: "k", CAFile: "a"}
	for name, tc := range map[string]struct {
		config Server
		faults []string
	}{
		"none":                         {Server{}, nil},
		"all":                          {Server{files, []string{"data-sync", "spiffe://trial/ops"}}, nil},
		"no key":                       {Server{mtls.Config{CertFile: "c", CAFile: "a"}, []string{"x"}}, []string{"KeyFile: must be set"}},
		"a key alone":                  {Server{mtls.Config{KeyFile: "k"}, []string{"x"}}, []string{"CertFile: must", "CAFile: must"}},
		"nobody may call":              {Server{Config: files}, []string{"Clients: must name the callers"}},
		"callers without certificates": {Server{Clients: []string{"x"}}, []string{"Clients: has no effect"}},
		"a wildcard":                   {Server{files, []string{"*.example.com"}}, []string{"Clients: must be names"}},
		"a blank in a name":            {Server{files, []string{"data sync"}}, []string{"Clients: must be names"}},
		"an empty name":                {Server{files, []string{""}}, []string{"Clients: must be names"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.config.Validate()
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(tc.faults) {
				t.Fatalf("%q, want %q", got, tc.faults)
			}
			for i, want := range tc.faults {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("%q, want %q", got[i], want)
				}
			}
		})
	}
}

func TestTheSectionReadsFromAFileWithAListInOneValue(t *testing.T) {
	t.Setenv("CLIENTS", "data-sync, spiffe://trial/ops")
	var c struct{ TLS Server }
	if err := configfile.Parse("x", []byte("TLS:\n  CertFile: c\n  KeyFile: k\n  CAFile: a\n  Clients: ${CLIENTS}\n"), &c); err != nil {
		t.Fatal(err)
	}
	if c.TLS.Config != (mtls.Config{CertFile: "c", KeyFile: "k", CAFile: "a"}) || len(c.TLS.Clients) != 2 || c.TLS.Clients[1] != "spiffe://trial/ops" {
		t.Errorf("%+v", c)
	}
	if err := configfile.Parse("x", []byte("TLS:\n  Clients: \"\"\n"), &c); err != nil {
		t.Error(err)
	}
}

func TestWithoutTLSAServiceListensOnLoopbackAlone(t *testing.T) {
	with := Server{mtls.Config{CertFile: "c", KeyFile: "k", CAFile: "a"}, []string{"x"}}
	for addr, alone := range map[string]bool{
		"127.0.0.1:9101": true, "127.0.0.2:9101": true, "[::1]:9101": true, "[::ffff:127.0.0.1]:9101": true, "localhost:9101": true,
		"0.0.0.0:9101": false, ":9101": false, "[::]:9101": false, "10.0.0.1:9101": false, "terminology:9101": false,
		"localhost.example.com:9101": false, "127.0.0.1": false, "": false, "127.1:9101": false,
	} {
		err := Server{}.CheckListen(addr)
		if (err == nil) != alone {
			t.Errorf("%q: %v", addr, err)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "ListenOn: ") || !strings.Contains(err.Error(), "TLS.CertFile")) {
			t.Errorf("%q: %v does not say what to do", addr, err)
		}
		if err := with.CheckListen(addr); err != nil {
			t.Errorf("%q with TLS: %v", addr, err)
		}
	}
}
