"""Calls every method of the service at an address: client.py ADDRESS."""

import sys

import grpc

from messages import decode, encode

SERVICE = "/greeter.v1.Greeter/"

with grpc.insecure_channel(sys.argv[1]) as channel:
    methods = {"request_serializer": encode, "response_deserializer": decode}
    greet = channel.unary_unary(SERVICE + "Greet", **methods)
    together = channel.stream_unary(SERVICE + "GreetTogether", **methods)
    each = channel.stream_stream(SERVICE + "GreetEach", **methods)

    metadata = [("x-mood", "good")]
    reply, call = greet.with_call("metadata", metadata=metadata, timeout=10)
    print(reply, dict(call.initial_metadata())["x-mood"])
    print(greet("Ann", compression=grpc.Compression.Gzip, timeout=10))
    print(together(iter(["Ann", "Bob"]), timeout=10))
    print(list(each(iter(["Ann", "Bob"]), timeout=10)))
    for name, timeout in [("nobody", 10), ("sleeper", 0.1)]:
        try:
            greet(name, timeout=timeout)
        except grpc.RpcError as error:
            print(error.code().name)
