"""A double of systemd-timedated on the system bus, whose clock somebody has set or nobody: a container's is its host's.

PYTHONPATH=/usr/lib/tars-home/vendor python3 timedated.py yes|no
"""

import sys

from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call, new_method_return
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.timedate1"
BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


def main(synchronised: str) -> None:
    known = {"NTPSynchronized": synchronised == "yes", "NTP": False}
    connection = open_dbus_connection(bus="SYSTEM")
    connection.send_and_get_reply(new_method_call(BUS, "RequestName", "su", (NAME, 0)))
    while True:
        asked = connection.receive()
        is_call = asked.header.message_type is MessageType.method_call
        if is_call and asked.header.fields.get(HeaderFields.member) == "Get":
            value = ("b", known[asked.body[1]])
            connection.send(new_method_return(asked, "v", (value,)))


if __name__ == "__main__":
    main(sys.argv[1])
