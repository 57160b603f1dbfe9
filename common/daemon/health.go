package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/zeromicro/go-zero/core/service"

	"aecode/common/daemon/probe"
)

// health asks the service that runs on this host with this configuration
// whether it is ready, and prints the answer. A container's HEALTHCHECK runs it.
func health(c service.DevServerConfig, stdout io.Writer) error {
	if !c.Enabled {
		return errors.New("DevServer.Enabled is false, so the service does not serve its health: set it to true")
	}
	answer, err := probe.Ask(context.Background(), probe.Address(c.Host, strconv.Itoa(c.Port)), c.HealthPath)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, answer)
	return nil
}
