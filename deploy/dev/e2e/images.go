package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// largestImage is the maximum compressed size of an image, in bytes.
const largestImage = 40 << 20

// ours are the images of the repository, with their programs.
var ours = []struct {
	name     string
	programs []string
}{
	{"terminology", []string{"terminology"}},
	{"data-sync", []string{"data-sync"}},
	{"tools", []string{"syncctl", "cron", "secrets", "verify"}},
}

func (s *stack) image(name string) string { return "aecode/" + name + ":" + s.tag }

// configIsValid runs docker-compose config without any of aecode's variables.
func configIsValid(ctx context.Context, s *stack) (string, error) {
	bare := *s
	bare.env = kept("PATH", "HOME")
	out, err := bare.dc(ctx, "config")
	if err != nil {
		return "", err
	}
	for _, service := range []string{"terminology:", "data-sync:", "postgres:", "redis:", "nightly:", "prometheus:", "grafana:"} {
		if !strings.Contains(out, "\n  "+service) {
			return "", fmt.Errorf("docker-compose config shows no service %s", service)
		}
	}
	version, err := s.dc(ctx, "version", "--short")
	return "Compose " + strings.TrimSpace(version), err
}

func imagesAreSound(ctx context.Context, s *stack) (string, error) {
	if slices.ContainsFunc(s.env, func(e string) bool { return strings.HasSuffix(e, "="+standin) }) {
		if _, err := s.exec(ctx, 10*time.Minute, nil, filepath.Join(s.root, "deploy", "dev", "e2e", "standin", "build.sh")); err != nil {
			return "", err
		}
	}
	if _, err := s.dc(ctx, "build", "terminology", "data-sync", "secrets"); err != nil {
		return "", err
	}
	var told []string
	for _, image := range ours {
		size, err := s.compressed(ctx, s.image(image.name))
		if err != nil {
			return "", err
		}
		if size > largestImage {
			return "", fmt.Errorf("image %s is %d bytes compressed, want at most %d", image.name, size, largestImage)
		}
		told = append(told, fmt.Sprintf("%s %.1f MB", image.name, float64(size)/1e6))
		for _, program := range image.programs {
			flag := "-version"
			if program == "verify" {
				continue // it has no version: it shares no code with what it checks
			}
			if program == "syncctl" {
				flag = "--version"
			}
			out, err := s.docker(ctx, "run", "--rm", "--label", runLabel+"="+s.project, "--network", "none", "--entrypoint", program, s.image(image.name), flag)
			if err != nil {
				return "", err
			}
			if !strings.Contains(out, s.version+" ("+s.commit+")") {
				return "", fmt.Errorf("%s %s says %q, want version %s and commit %s", program, flag, out, s.version, s.commit)
			}
		}
	}
	return strings.Join(told, ", "), nil
}

// compressed gives the compressed size of an image's layers.
func (s *stack) compressed(ctx context.Context, image string) (size int64, err error) {
	err = s.saved(ctx, image, func(name string, layer io.Reader) error {
		counted := &counter{}
		packed := gzip.NewWriter(counted)
		if _, err := io.Copy(packed, layer); err != nil {
			return fmt.Errorf("layer %s: %w", name, err)
		}
		err := packed.Close()
		size += counted.n
		return err
	})
	if err == nil && size == 0 {
		err = fmt.Errorf("image %s has no layer", image)
	}
	return size, err
}

// saved gives each layer of an image to visit, as a tar stream.
func (s *stack) saved(ctx context.Context, image string, visit func(name string, layer io.Reader) error) (err error) {
	cmd := s.command(ctx, "docker", "save", image)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_, _ = io.Copy(io.Discard, out) // until the command can end
		err = errors.Join(err, cmd.Wait())
	}()
	archive := tar.NewReader(out)
	for {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("docker save %s: %w", image, err)
		}
		// Layers are */layer.tar or, in an OCI layout, blobs. Small blobs are
		// configuration.
		if entry.Typeflag != tar.TypeReg || !strings.HasSuffix(entry.Name, "layer.tar") && (!strings.HasPrefix(entry.Name, "blobs/") || entry.Size < 16<<10) {
			continue
		}
		if err := visit(entry.Name, archive); err != nil {
			return err
		}
	}
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// imageFiles lists the files of an image, without empty ones.
func (s *stack) imageFiles(ctx context.Context, image string) (files []string, err error) {
	id, err := s.docker(ctx, "create", "--label", runLabel+"="+s.project, "--network", "none", image)
	if err != nil {
		return nil, err
	}
	id = strings.TrimSpace(id)
	defer func() {
		_, gone := s.docker(ctx, "rm", id)
		err = errors.Join(err, gone)
	}()
	out, err := s.docker(ctx, "export", id)
	if err != nil {
		return nil, err
	}
	archive := tar.NewReader(strings.NewReader(out))
	for {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if entry.Typeflag == tar.TypeReg && entry.Size > 0 {
			files = append(files, entry.Name)
		}
	}
}

// history gives an image's history and configuration.
func (s *stack) history(ctx context.Context, image string) (string, error) {
	steps, err := s.docker(ctx, "history", "--no-trunc", image)
	if err != nil {
		return "", err
	}
	facts, err := s.docker(ctx, "image", "inspect", image)
	if err != nil {
		return "", err
	}
	if !json.Valid([]byte(facts)) {
		return "", fmt.Errorf("docker image inspect %s gives no JSON", image)
	}
	return steps + facts, nil
}
