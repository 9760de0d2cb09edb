package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const serviceName = "greeter.Greeter"

func serve(listener net.Listener) error {
	server, err := ttrpc.NewServer()
	if err != nil {
		return err
	}
	server.RegisterService(serviceName, &ttrpc.ServiceDesc{
		Methods: map[string]ttrpc.Method{
			"Hello":    hello,
			"Fail":     failWith,
			"Metadata": metadata,
			"Sleep":    sleep,
		},
		Streams: map[string]ttrpc.Stream{
			"Count": {Handler: count, StreamingServer: true},
			"Sum":   {Handler: sum, StreamingClient: true},
			"Chat":  {Handler: chat, StreamingClient: true, StreamingServer: true},
		},
	})
	return server.Serve(context.Background(), listener)
}

func greeting(name string) *wrapperspb.StringValue {
	return wrapperspb.String(fmt.Sprintf("Hello, %s!", name))
}

func hello(_ context.Context, unmarshal func(interface{}) error) (interface{}, error) {
	var name wrapperspb.StringValue
	if err := unmarshal(&name); err != nil {
		return nil, err
	}
	return greeting(name.Value), nil
}

func failWith(_ context.Context, unmarshal func(interface{}) error) (interface{}, error) {
	var code wrapperspb.Int64Value
	if err := unmarshal(&code); err != nil {
		return nil, err
	}
	detail := wrapperspb.String(fmt.Sprint(code.Value))
	failed, err := status.New(codes.Code(code.Value), "as asked for").WithDetails(detail)
	if err != nil {
		return nil, err
	}
	return nil, failed.Err()
}

func metadata(ctx context.Context, unmarshal func(interface{}) error) (interface{}, error) {
	var name wrapperspb.StringValue
	if err := unmarshal(&name); err != nil {
		return nil, err
	}
	sent, _ := ttrpc.GetMetadata(ctx)
	values, _ := sent.Get(name.Value)
	return wrapperspb.String(strings.Join(values, ",")), nil
}

func sleep(ctx context.Context, unmarshal func(interface{}) error) (interface{}, error) {
	var millis wrapperspb.Int64Value
	if err := unmarshal(&millis); err != nil {
		return nil, err
	}
	select {
	case <-time.After(time.Duration(millis.Value) * time.Millisecond):
		return &millis, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func count(_ context.Context, stream ttrpc.StreamServer) (interface{}, error) {
	var end wrapperspb.Int64Value
	if err := stream.RecvMsg(&end); err != nil {
		return nil, err
	}
	for value := int64(0); value < end.Value; value++ {
		if err := stream.SendMsg(wrapperspb.Int64(value)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func sum(_ context.Context, stream ttrpc.StreamServer) (interface{}, error) {
	total := int64(0)
	for {
		var number wrapperspb.Int64Value
		switch err := stream.RecvMsg(&number); {
		case errors.Is(err, io.EOF):
			return wrapperspb.Int64(total), nil
		case err != nil:
			return nil, err
		}
		total += number.Value
	}
}

func chat(_ context.Context, stream ttrpc.StreamServer) (interface{}, error) {
	for {
		var name wrapperspb.StringValue
		switch err := stream.RecvMsg(&name); {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			return nil, err
		}
		if name.Value == "bye" {
			return nil, status.Error(codes.Aborted, "bye")
		}
		if err := stream.SendMsg(greeting(name.Value)); err != nil {
			return nil, err
		}
	}
}
