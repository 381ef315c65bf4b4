"""Runs a command on a pseudo-terminal and writes down what it draws, and when.

Usage: pty_capture.py COLUMNS SECONDS COMMAND [ARGUMENT...]

Each line of stdout is a JSON array [seconds since the start, base64 of the bytes]; the last line is {"exit": CODE}.
After SECONDS the command is killed.
"""

import base64
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

ROWS = 40
# A recording of a minute has some hundred kilobytes; more is a command that went wild.
MAX_BYTES = 16 * 1024 * 1024


def main():
    columns, seconds, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    started = time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        os.execvp(command[0], command)
    try:
        capture(terminal, started, started + seconds)
    finally:
        code = end(pid)
    print(json.dumps({"exit": code}), flush=True)


def capture(terminal, started, deadline):
    seen = 0
    while seen < MAX_BYTES:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            return
        try:
            data = os.read(terminal, 65536)
        except OSError:
            # Linux says EIO when the last process has closed the terminal.
            return
        if not data:
            return
        seen += len(data)
        stamp = round(time.monotonic() - started, 3)
        print(json.dumps([stamp, base64.b64encode(data).decode()]), flush=True)


def end(pid):
    """Waits a moment for the command, which has nothing left to draw, then kills it."""
    for _ in range(200):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


main()
