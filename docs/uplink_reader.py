#!/usr/bin/env python3
"""Prints the rows of one batch frame of the uplink, one JSON object a line.

usage: uplink_reader.py FILE     (the frame's bytes, or the same as hexadecimal digits)

Needs nothing but Python 3. The schema is uplink.proto, the meaning of the fields stands in uplink.md.
"""
import json
import struct
import sys
from decimal import Decimal

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
VERSION = 1


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a number is cut off")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & (2**64 - 1), at


def fields(data):
    """(field number, wire type, value) of a message, in order."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = varint(data, at)
        elif kind in (FIXED64, FIXED32, BYTES):
            size, at = varint(data, at) if kind == BYTES else ({FIXED64: 8, FIXED32: 4}[kind], at)
            if at + size > len(data):
                raise ValueError("a field is cut off")
            value, at = data[at : at + size], at + size
        else:
            raise ValueError("unknown wire type %d" % kind)
        yield number, kind, value


def message(data, names):
    """A message as a dictionary; fields that were left out are zero, unknown ones are ignored."""
    zero = {"text": "", "double": 0.0, "bool": False, "bytes": b""}
    found = {name: zero.get(kind, 0) for name, kind in names.values()}
    for number, _, value in fields(data):
        if number not in names:
            continue
        name, kind = names[number]
        if kind == "text":
            value = value.decode("utf-8")
        elif kind == "double":
            value = struct.unpack("<d", value)[0]
        elif kind == "signed":
            value = unzigzag(value)
        elif kind == "bool":
            value = value != 0
        elif isinstance(kind, tuple):
            value = kind[value]
        found[name] = value
    return found


def unzigzag(value):
    return (value >> 1) ^ -(value & 1)


def wrap(value):
    """Modulo 2^64, as a signed number."""
    return (value + 2**63) % 2**64 - 2**63


AGGREGATE = {
    1: ("number", "unsigned"), 2: ("boot", "unsigned"), 3: ("channel", "text"), 4: ("unit", "text"),
    5: ("clock", ("gateway", "device")), 6: ("start_ns", "signed"), 7: ("length_ns", "unsigned"),
    8: ("quality", "unsigned"), 9: ("exponent", "unsigned"), 10: ("pivot", "signed"), 11: ("count", "unsigned"),
    12: ("sum_zigzag_low", "unsigned"), 13: ("sum_zigzag_high", "unsigned"), 14: ("squares_low", "unsigned"),
    15: ("squares_high", "unsigned"), 16: ("min", "signed"), 17: ("max", "signed"), 18: ("first", "signed"),
    19: ("last", "signed"), 20: ("first_ns", "signed"), 21: ("last_ns", "signed"),
    22: ("squares_clamped", "bool"), 23: ("rounded", "bool"), 24: ("sketch", "bytes"),
}
ALERT = {
    1: ("number", "unsigned"), 2: ("boot", "unsigned"), 3: ("position", "unsigned"), 4: ("ordinal", "unsigned"),
    5: ("rule", "text"), 6: ("channel", "text"), 7: ("state", ("clear", "firing")),
    8: ("severity", ("info", "warning", "critical")), 9: ("since_ns", "signed"), 10: ("value", "double"),
}
GAP_REASONS = ("unspecified", "inbox_given_up", "database_lost", "collector_behind", "alert_overflow")
GAP = {
    1: ("boot", "unsigned"), 2: ("first", "unsigned"), 3: ("last", "unsigned"), 4: ("count", "unsigned"),
    5: ("reason", GAP_REASONS),
}
BOOT = {1: ("boot", "unsigned"), 2: ("from_ns", "signed"), 3: ("shift_ns", "signed")}


def sketch_of(data):
    """(level, [(key, count)]) of a sketch's bytes, as the collector's column `sketch` has them."""
    if not data:
        return 0, []
    level, bins, at, key = data[0], [], 2, 0
    for _ in range(data[1]):
        step, at = varint(data, at)
        count, at = varint(data, at)
        key += unzigzag(step)
        bins.append((key, count))
    return level, bins


def quantile(data, share):
    """The value below which that share of the values lies; None for an empty sketch."""
    level, bins = sketch_of(data)
    rank = int(share * (sum(count for _, count in bins) - 1)) if bins else 0
    for key, count in bins:
        if rank < count:
            if key == 0:
                return 0.0
            ends = []
            for index in ((abs(key) - 1) << level, abs(key) << level):
                ends.append((1 + index % 64 / 64) * 2.0 ** (index // 64 - 200))
            value = 2 * ends[0] * ends[1] / (ends[0] + ends[1])
            return -value if key < 0 else value
        rank -= count
    return None


def aggregate(data):
    row = message(data, AGGREGATE)
    sketch = row.pop("sketch")
    if sketch:
        row["quantiles"] = {str(share): quantile(sketch, share) for share in (0.01, 0.5, 0.9, 0.99)}
    if row["clock"] == 0:
        row["clock"] = "gateway"
    exponent = row.pop("exponent")
    pivot = row.pop("pivot")
    total = unzigzag(row.pop("sum_zigzag_high") << 64 | row.pop("sum_zigzag_low")) + pivot * row["count"]
    squares = row.pop("squares_high") << 64 | row.pop("squares_low")
    row["first_ns"] = wrap(row["start_ns"] + row["first_ns"])
    row["last_ns"] = wrap(row["start_ns"] + row["last_ns"])
    for name in ("min", "max", "first", "last"):
        row[name] = str(Decimal(row[name]).scaleb(-exponent))
    row["sum"] = str(total) + "e-" + str(exponent)
    row["squares_about"] = str(squares) + "e-" + str(2 * exponent)
    row["pivot"] = str(pivot) + "e-" + str(exponent)
    return row


def alert(data):
    row = message(data, ALERT)
    row["state"] = row["state"] or "clear"
    row["severity"] = row["severity"] or "info"
    row["id"] = "%d-%d-%d" % (row.pop("boot"), row.pop("position"), row.pop("ordinal"))
    return row


ROWS = {
    1: ("aggregate", aggregate),
    2: ("alert", alert),
    3: ("gap", lambda data: message(data, GAP)),
    4: ("boot", lambda data: message(data, BOOT)),
}


def rows_of(frame):
    version, batch = 0, None
    for number, _, value in fields(frame):
        if number == 1:
            version = value
        elif number == 4:
            batch = value
    if version != VERSION:
        raise ValueError("not a frame of format %d" % VERSION)
    if batch is None:
        raise ValueError("not a batch")
    for number, _, row in fields(batch):
        if number != 4:
            continue
        for kind, _, content in fields(row):
            if kind in ROWS:
                name, read = ROWS[kind]
                yield {"row": name, **read(content)}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    try:
        data = bytes.fromhex(data.decode("ascii"))
    except ValueError:
        pass  # not hexadecimal digits: the bytes themselves
    try:
        for row in rows_of(data):
            print(json.dumps(row, ensure_ascii=False, sort_keys=True))
    except ValueError as error:
        sys.exit("%s: %s" % (sys.argv[1], error))


if __name__ == "__main__":
    main()
