package mtls

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"

	"aecode/common/testsupport/trialca"
)

func contextIn(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

// issuer returns the CA of the certificate that the server shows, and when the
// certificate expires.
func issuer(at *peer.Peer) (string, time.Time) {
	shown := at.AuthInfo.(credentials.TLSInfo).State.PeerCertificates[0]
	return shown.Issuer.CommonName, shown.NotAfter
}

// The certificates on both sides and then the CA are rotated. Meanwhile calls run
// without a pause and without retries, and a stream outlasts a rotation.
func TestRotationWithoutARestartCostsNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newCA(t, "first"), newCA(t, "second")
		server := newParty(t, first, holds("terminology"), first)
		caller := newParty(t, first, holds("data-sync"), first)
		s := serve(t, server.Server([]string{"data-sync"}))
		conn := s.dial(t, caller.Client(""), "terminology")

		var over atomic.Bool
		var calls atomic.Int64
		var load sync.WaitGroup
		defer load.Wait()
		defer over.Store(true)
		for range 4 {
			load.Go(func() {
				for !over.Load() {
					if err := call(t, conn); err != nil {
						t.Errorf("after %d calls one was lost: %v", calls.Load(), err)
						return
					}
					calls.Add(1)
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		streaming, cut := contextIn(t, 40*time.Second)
		defer cut()
		stream, err := grpc_health_v1.NewHealthClient(conn).Watch(streaming, &grpc_health_v1.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
		// soon is the maximum age of a connection, with the twentieth that gRPC adds to
		// it, and two checks of the files.
		soon := 15 * time.Second
		shows := func(ca string, renewed trialca.Leaf) {
			t.Helper()
			time.Sleep(soon)
			var at peer.Peer
			if err := call(t, conn, grpc.Peer(&at)); err != nil {
				t.Fatal(err)
			}
			if name, until := issuer(&at); name != ca || !until.Equal(renewed.NotAfter.Truncate(time.Second)) {
				t.Errorf("the server shows a certificate of %s until %v, want %s, %v", name, until, ca, renewed.NotAfter)
			}
		}

		renewed := holds("terminology")
		renewed.NotAfter = renewed.NotAfter.Add(time.Hour)
		server.renew(t, first, renewed)
		caller.renew(t, first, holds("data-sync"))
		shows("first", renewed)
		if streaming.Err() != nil {
			t.Error("the stream was over before the certificates were exchanged")
		}

		// A new CA is first trusted everywhere, then used, then the only one.
		server.trust(t, first, second)
		caller.trust(t, first, second)
		time.Sleep(soon)
		server.renew(t, second, renewed)
		time.Sleep(soon)
		caller.renew(t, second, holds("data-sync"))
		shows("second", renewed)
		server.trust(t, second)
		caller.trust(t, second)
		shows("second", renewed)

		// A certificate of the old CA is now refused.
		late := newParty(t, first, holds("data-sync"), second)
		if err := call(t, s.dial(t, late.Client(""), "terminology")); err == nil {
			t.Error("a certificate of the old CA is still served")
		}
		if calls.Load() < 100 {
			t.Errorf("only %d calls", calls.Load())
		}
	})
}

func TestACertificateThatIsNotRenewedIsOutWithItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca")
		server := newParty(t, ca, holds("terminology"), ca)
		leaf := holds("data-sync")
		leaf.NotAfter = time.Now().Add(5 * time.Second)
		conn := serve(t, server.Server([]string{"data-sync"})).dial(t, newParty(t, ca, leaf, ca).Client(""), "terminology")
		if err := call(t, conn); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Second)
		if err := call(t, conn); err == nil {
			t.Error("served 10 s after the certificate's end")
		}
		synctest.Wait() // the caller sees the refusal before the server has counted it
		if server.refusals(t)["expired"] == 0 {
			t.Errorf("counted %v", server.refusals(t))
		}
	})
}

func TestFaultyNewFilesKeepTheOldInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca")
		server := newParty(t, ca, holds("terminology"), ca)
		caller := newParty(t, ca, holds("data-sync"), ca)
		conn := serve(t, server.Server([]string{"data-sync"})).dial(t, caller.Client(""), "terminology")
		// Each gets the other's key.
		serverKey, callerKey := server.KeyFile, caller.KeyFile
		swap(t, serverKey, callerKey)
		for range 10 {
			var at peer.Peer
			if err := call(t, conn, grpc.Peer(&at)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
		}
	})
}
