package redisconn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"aecode/common/redisconn/rediserr"
	"aecode/common/testsupport/localserver"
)

func ping(t *testing.T, c Config, opts ...Option) error {
	t.Helper()
	client, err := Open(c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	return Ping(t.Context(), client)
}

func TestPingTellsARedisThatRefusesFromOneThatIsAway(t *testing.T) {
	server, err := localserver.StartRedis(t.Context(), localserver.RedisOptions{Args: []string{"--requirepass", "right"}})
	if err != nil {
		t.Fatal(err)
	}
	addrs := []string{server.Addr()}
	for _, tc := range []struct {
		conf    Config
		refused bool
	}{
		{Config{Addrs: addrs, Password: "right"}, false},
		{Config{Addrs: addrs, Password: "wrong"}, true},
		{Config{Addrs: addrs}, true},
		{Config{Addrs: addrs, Password: "right", DB: 99}, true},
		{Config{Addrs: addrs, Password: "right", Cluster: true}, true},
	} {
		err := ping(t, tc.conf)
		if errors.Is(err, rediserr.ErrRefused) != tc.refused || (err != nil) != tc.refused {
			t.Errorf("%+v: %v", tc.conf, err)
		}
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := ping(t, Config{Addrs: addrs, Password: "right"}); err == nil || errors.Is(err, rediserr.ErrRefused) {
		t.Errorf("of a server that is away: %v", err)
	}
}

func TestSentinelsMayAskForAPasswordOfTheirOwn(t *testing.T) {
	const password = "of-the-sentinels"
	s, err := localserver.StartSentinel(t.Context(), localserver.RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	admin, err := Open(Config{Addrs: s.Addrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if err := admin.Do(t.Context(), "acl", "setuser", "default", "resetpass", ">"+password).Err(); err != nil {
		t.Fatal(err)
	}
	conf := Config{Addrs: s.Addrs(), MasterName: localserver.SentinelMaster}
	if err := ping(t, conf); !errors.Is(err, rediserr.ErrRefused) {
		t.Errorf("without the password: %v", err)
	}
	conf.SentinelPassword = password
	if err := ping(t, conf); err != nil {
		t.Error(err)
	}
	conf.MasterName = "nobody"
	if err := ping(t, conf); !errors.Is(err, rediserr.ErrRefused) {
		t.Errorf("a master that no Sentinel knows: %v", err)
	}
}

func TestAHandshakeEndsWithTheContext(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0") // accepts and stays silent
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lis.Close() }()
	dial := dialer(time.Minute, func() *tls.Config { return &tls.Config{ServerName: "silent", MinVersion: tls.VersionTLS12} })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := dial(ctx, "tcp", lis.Addr().String()); err == nil {
		t.Error("a silent server shook hands")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v with a deadline of 50ms", took)
	}
}

func TestADeadConnectionIsFoundOutInEightSeconds(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lis.Close() }()
	conn, err := dialer(time.Second, nil)(t.Context(), "tcp", lis.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for option, want := range map[int]int{syscall.TCP_KEEPIDLE: 5, syscall.TCP_KEEPINTVL: 1, syscall.TCP_KEEPCNT: 3} {
		var got int
		var asked error
		if err := raw.Control(func(fd uintptr) {
			got, asked = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, option)
		}); errors.Join(err, asked) != nil || got != want {
			t.Errorf("option %d is %d, want %d: %v", option, got, want, errors.Join(err, asked))
		}
	}
}
