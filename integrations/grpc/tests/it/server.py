"""Serves the service at an address: server.py ADDRESS."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc

from messages import decode, encode


def greet(name, context):
    if name == "nobody":
        context.set_trailing_metadata([("x-mood", "bad")])
        context.abort(grpc.StatusCode.NOT_FOUND, "nobody – at all")
    if name == "sleeper":
        given_up = threading.Event()
        context.add_callback(given_up.set)
        given_up.wait()
        return ""
    context.send_initial_metadata([("x-mood", "fine")])
    return f"Hello, {name}!"


def greet_together(names, context):
    return f"Hello, {', '.join(names)}!"


def greet_each(names, context):
    for name in names:
        yield f"Hello, {name}!"


coding = {"request_deserializer": decode, "response_serializer": encode}
methods = {
    "Greet": grpc.unary_unary_rpc_method_handler(greet, **coding),
    "GreetTogether": grpc.stream_unary_rpc_method_handler(greet_together, **coding),
    "GreetEach": grpc.stream_stream_rpc_method_handler(greet_each, **coding),
}
server = grpc.server(ThreadPoolExecutor(4), compression=grpc.Compression.Gzip)
handlers = grpc.method_handlers_generic_handler("greeter.v1.Greeter", methods)
server.add_generic_rpc_handlers([handlers])
server.add_insecure_port(sys.argv[1])
server.start()
server.wait_for_termination()
