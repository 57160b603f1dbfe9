package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// expected are all files that the images may have.
var expected = []string{
	"etc/aecode/terminology.yaml", "etc/aecode/datasync.yaml", "etc/ssl/certs/ca-certificates.crt",
	"usr/local/bin/terminology", "usr/local/bin/data-sync",
	"usr/local/bin/cron", "usr/local/bin/syncctl", "usr/local/bin/secrets", "usr/local/bin/verify",
}

// nothingIsTold looks for all secrets and for verbatims in images, configuration and logs.
func nothingIsTold(ctx context.Context, s *stack) (string, error) {
	if err := s.learnSecrets(ctx); err != nil { // the renewed ones
		return "", err
	}
	places := map[string]string{"the logs before the restart": s.earlierLogs}
	for _, image := range ours {
		facts, err := s.history(ctx, s.image(image.name))
		if err != nil {
			return "", err
		}
		places["image "+image.name] = facts
		files, err := s.imageFiles(ctx, s.image(image.name))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			if !slices.Contains(expected, file) {
				return "", fmt.Errorf("image %s has the file %s", image.name, file)
			}
		}
	}
	ids, err := s.docker(ctx, "ps", "-aq", "--filter", "label=com.docker.compose.project="+s.project)
	if err != nil {
		return "", err
	}
	for place, command := range map[string][]string{
		"the containers' configuration": append([]string{"docker", "inspect"}, strings.Fields(ids)...),
		"docker-compose config":         append(slices.Clone(s.compose), "config"),
		"the logs":                      append(slices.Clone(s.compose), "logs", "--no-color"),
	} {
		if places[place], err = s.exec(ctx, 15*time.Minute, nil, command[0], command[1:]...); err != nil {
			return "", err
		}
	}
	size := 0
	for place, text := range places {
		size += len(text)
		for i, secret := range s.secrets {
			if strings.Contains(text, secret) {
				return "", fmt.Errorf("secret %d of %d is in %s", i+1, len(s.secrets), place)
			}
		}
		for i, verbatim := range s.verbatims {
			if strings.Contains(text, verbatim) {
				return "", fmt.Errorf("verbatim %d of %d is in %s", i+1, len(s.verbatims), place)
			}
		}
	}
	return fmt.Sprintf("%d secrets and %d verbatims looked for in %.1f MB", len(s.secrets), len(s.verbatims), float64(size)/1e6), nil
}
