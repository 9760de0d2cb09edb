// The service of greeter.proto, served and called by containerd's ttrpc.
//
//	interop serve tcp 127.0.0.1:3000
//	interop call tcp 127.0.0.1:3000
//
// A message with one field has the encoding of a well-known wrapper, so no code is generated here.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: interop serve|call NETWORK ADDRESS"))
	}
	network, address := os.Args[2], os.Args[3]
	switch os.Args[1] {
	case "serve":
		listener, err := net.Listen(network, address)
		if err != nil {
			fail(err)
		}
		fail(serve(listener))
	case "call":
		conn, err := net.Dial(network, address)
		if err != nil {
			fail(err)
		}
		if err := call(conn); err != nil {
			fail(err)
		}
		fmt.Println("ok")
	default:
		fail(fmt.Errorf("unknown command %q", os.Args[1]))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
