"""The messages of greeter.proto, by hand: each a text in its first field, short."""


def encode(text):
    data = text.encode()
    assert len(data) < 128
    return bytes([0x0A, len(data)]) + data


def decode(message):
    if not message:
        return ""
    assert message[0] == 0x0A and message[1] == len(message) - 2, message
    return message[2:].decode()
