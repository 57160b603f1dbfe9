package main

import (
	"context"
	"io"

	"google.golang.org/grpc"

	"aecode/proto/datasync"
)

// stream is a server's stream that is told beforehand.
type stream[T any] struct {
	grpc.ClientStream
	items   []*T
	end     error // nil: io.EOF
	openErr error
	hangs   context.Context // instead of ending, it says nothing until this ends
}

func (s *stream[T]) Recv() (*T, error) {
	if len(s.items) == 0 {
		if s.hangs != nil {
			<-s.hangs.Done()
			return nil, s.hangs.Err()
		}
		if s.end != nil {
			return nil, s.end
		}
		return nil, io.EOF
	}
	item := s.items[0]
	s.items = s.items[1:]
	return item, nil
}

type batch struct {
	importID string
	sequence int32
	last     bool
	rows     string
}

// fakeServer is data-sync, told beforehand.
type fakeServer struct {
	datasync.DataSyncClient
	streams   []stream[datasync.Run]
	forever   error // of every WatchRun
	watched   int
	lastWatch *datasync.WatchRunReq
	exports   []stream[datasync.ExportPiece]
	batches   []batch
}

func (f *fakeServer) WatchRun(_ context.Context, in *datasync.WatchRunReq, _ ...grpc.CallOption) (grpc.ServerStreamingClient[datasync.Run], error) {
	f.watched++
	f.lastWatch = in
	if f.forever != nil {
		return nil, f.forever
	}
	next := f.streams[0]
	f.streams = f.streams[1:]
	if next.openErr != nil {
		return nil, next.openErr
	}
	return &next, nil
}

func (f *fakeServer) ExportReports(ctx context.Context, _ *datasync.ExportReportsReq, _ ...grpc.CallOption) (grpc.ServerStreamingClient[datasync.ExportPiece], error) {
	next := f.exports[0]
	f.exports = f.exports[1:]
	if next.hangs != nil {
		next.hangs = ctx
	}
	return &next, nil
}

func (f *fakeServer) SubmitReports(_ context.Context, in *datasync.SubmitReportsReq, _ ...grpc.CallOption) (*datasync.SubmitReportsResp, error) {
	f.batches = append(f.batches, batch{in.GetImportId(), in.GetSequence(), in.GetLast(), string(in.GetRows())})
	return &datasync.SubmitReportsResp{Account: &datasync.Account{}}, nil
}
