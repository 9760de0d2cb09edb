package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Calls every method, and says which was not answered as it should be.
func call(conn net.Conn) error {
	client := ttrpc.NewClient(conn)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	checks := []struct {
		name  string
		check func(context.Context, *ttrpc.Client) error
	}{
		{"a greeting", checkHello},
		{"a long message", checkLong},
		{"calls at once", checkMany},
		{"a status", checkFail},
		{"metadata", checkMetadata},
		{"a timeout", checkTimeout},
		{"what does not exist", checkUnimplemented},
		{"a stream of the server", checkCount},
		{"a stream of the client", checkSum},
		{"streams both ways", checkChat},
	}
	for _, one := range checks {
		if err := one.check(ctx, client); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return nil
}

func checkHello(ctx context.Context, client *ttrpc.Client) error {
	return greet(ctx, client, "World")
}

func checkLong(ctx context.Context, client *ttrpc.Client) error {
	return greet(ctx, client, strings.Repeat("x", 4<<20-100))
}

func checkMany(ctx context.Context, client *ttrpc.Client) error {
	var group sync.WaitGroup
	results := make(chan error, 100)
	for i := 0; i < cap(results); i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			results <- greet(ctx, client, fmt.Sprint(i))
		}()
	}
	group.Wait()
	close(results)
	for err := range results {
		if err != nil {
			return err
		}
	}
	return nil
}

func greet(ctx context.Context, client *ttrpc.Client, name string) error {
	var answer wrapperspb.StringValue
	err := client.Call(ctx, serviceName, "Hello", wrapperspb.String(name), &answer)
	if err == nil && answer.Value != fmt.Sprintf("Hello, %s!", name) {
		err = fmt.Errorf("got %.40q", answer.Value)
	}
	return err
}

func checkFail(ctx context.Context, client *ttrpc.Client) error {
	var answer wrapperspb.StringValue
	err := client.Call(ctx, serviceName, "Fail", wrapperspb.Int64(5), &answer)
	got := status.Convert(err)
	if got.Code() != codes.NotFound || got.Message() != "as asked for" {
		return fmt.Errorf("got %v", err)
	}
	for _, detail := range got.Details() {
		if detail, ok := detail.(*wrapperspb.StringValue); ok && detail.Value == "5" {
			return nil
		}
	}
	return fmt.Errorf("got the details %v", got.Details())
}

func checkMetadata(ctx context.Context, client *ttrpc.Client) error {
	ctx = ttrpc.WithMetadata(ctx, ttrpc.MD{"name": {"one", "two"}})
	var answer wrapperspb.StringValue
	err := client.Call(ctx, serviceName, "Metadata", wrapperspb.String("name"), &answer)
	return want(err, answer.Value, "one,two")
}

func checkTimeout(ctx context.Context, client *ttrpc.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	var answer wrapperspb.Int64Value
	err := client.Call(ctx, serviceName, "Sleep", wrapperspb.Int64(60_000), &answer)
	if errors.Is(err, context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded {
		return nil
	}
	return fmt.Errorf("got %v", err)
}

func checkUnimplemented(ctx context.Context, client *ttrpc.Client) error {
	var answer wrapperspb.StringValue
	for _, name := range [][2]string{{serviceName, "Goodbye"}, {"greeter.Nobody", "Hello"}} {
		err := client.Call(ctx, name[0], name[1], wrapperspb.String("World"), &answer)
		if status.Code(err) != codes.Unimplemented {
			return fmt.Errorf("%v: got %v", name, err)
		}
	}
	return nil
}

func checkCount(ctx context.Context, client *ttrpc.Client) error {
	desc := &ttrpc.StreamDesc{StreamingServer: true}
	stream, err := client.NewStream(ctx, desc, serviceName, "Count", wrapperspb.Int64(100))
	if err != nil {
		return err
	}
	for value := int64(0); value < 100; value++ {
		var number wrapperspb.Int64Value
		if err := stream.RecvMsg(&number); err != nil || number.Value != value {
			return fmt.Errorf("got %d instead of %d, and %v", number.Value, value, err)
		}
	}
	return wantEnd(stream, &wrapperspb.Int64Value{})
}

func checkSum(ctx context.Context, client *ttrpc.Client) error {
	desc := &ttrpc.StreamDesc{StreamingClient: true}
	stream, err := client.NewStream(ctx, desc, serviceName, "Sum", nil)
	if err != nil {
		return err
	}
	for value := int64(0); value < 100; value++ {
		if err := stream.SendMsg(wrapperspb.Int64(value)); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	var total wrapperspb.Int64Value
	err = stream.RecvMsg(&total)
	return want(err, total.Value, int64(4950))
}

func checkChat(ctx context.Context, client *ttrpc.Client) error {
	desc := &ttrpc.StreamDesc{StreamingClient: true, StreamingServer: true}
	// One that the client ends, and one that the server does.
	for _, last := range []string{"", "bye"} {
		stream, err := client.NewStream(ctx, desc, serviceName, "Chat", nil)
		if err != nil {
			return err
		}
		var answer wrapperspb.StringValue
		for _, name := range []string{"a", "b", "c"} {
			if err := stream.SendMsg(wrapperspb.String(name)); err != nil {
				return err
			}
			err := stream.RecvMsg(&answer)
			if err := want(err, answer.Value, fmt.Sprintf("Hello, %s!", name)); err != nil {
				return err
			}
		}
		if last == "" {
			err = errors.Join(stream.CloseSend(), wantEnd(stream, &answer))
		} else {
			err = stream.SendMsg(wrapperspb.String(last))
			if got := stream.RecvMsg(&answer); status.Code(got) != codes.Aborted {
				err = errors.Join(err, fmt.Errorf("got %v", got))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func want[T comparable](err error, got, wanted T) error {
	if err == nil && got != wanted {
		err = fmt.Errorf("got %v instead of %v", got, wanted)
	}
	return err
}

func wantEnd(stream ttrpc.ClientStream, message proto.Message) error {
	if err := stream.RecvMsg(message); !errors.Is(err, io.EOF) {
		return fmt.Errorf("got %v with %v instead of the end", message, err)
	}
	return nil
}
