package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/credentials"

	"aecode/common/mtls"
)

// registerTLS adds the flags of the certificates, with the environment's values
// as their defaults.
func (set *settings) registerTLS(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&set.tls.CertFile, "tls-cert", os.Getenv("AECODE_TLS_CERT"), "PEM `file` of the certificate to call with; environment AECODE_TLS_CERT")
	flags.StringVar(&set.tls.KeyFile, "tls-key", os.Getenv("AECODE_TLS_KEY"), "PEM `file` of its private key; environment AECODE_TLS_KEY")
	flags.StringVar(&set.tls.CAFile, "tls-ca", os.Getenv("AECODE_TLS_CA"), "PEM `file` of the CAs that data-sync's certificate may be of; environment AECODE_TLS_CA")
	flags.StringVar(&set.serverName, "tls-server-name", os.Getenv("SYNCCTL_TLS_SERVER_NAME"),
		"`name` in data-sync's certificate where that is not the host of --server, such as data-sync; environment SYNCCTL_TLS_SERVER_NAME")
}

// credentials are mutual TLS where certificates are given, and else plaintext
// within this machine.
func (set *settings) credentials() (credentials.TransportCredentials, error) {
	if set.tls.Validate() != nil {
		return nil, errors.New("--tls-cert, --tls-key and --tls-ca (AECODE_TLS_CERT, AECODE_TLS_KEY, AECODE_TLS_CA): give all three or none")
	}
	if set.serverName != "" && !set.tls.Enabled() {
		return nil, errors.New("--tls-server-name (SYNCCTL_TLS_SERVER_NAME) is of no use without --tls-cert, --tls-key and --tls-ca")
	}
	identity, err := mtls.Open(set.tls, slog.New(slog.DiscardHandler), nil) // the error of a call says why
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return identity.Client(set.serverName), nil
}
