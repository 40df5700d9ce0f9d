"""A process that reads what strangers wrote is cut off from what it does not need for that.

Linux can do so for any user, within a container too: a filter of system calls (seccomp) takes the
network, other programs and other processes from it, and Landlock all of the disk but one folder to
write in. Neither can be undone. Other systems have nothing of the kind that needs no administrator
and no signed program: there the limits of memory and time hold, and the empty environment.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

#: What Python needs of its environment to start and to find its libraries; no secrets are in these.
_NEEDED: Final = (
    "PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL",
    "LC_CTYPE", "PYTHONUTF8", "PYTHONIOENCODING", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR",
    "OPENCV_IO_MAX_IMAGE_PIXELS",
)  # fmt: skip

_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_SET_MODE_FILTER: Final = 1
_ALL_THREADS: Final = 1
# Instructions of the filter (linux/bpf_common.h) and its answers (linux/seccomp.h).
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _MACHINE_AT = 0, 4
# The lower halves of a call's first two values, on machines with the lower half first.
_FIRST_AT, _SECOND_AT = 16, 24
_AND: Final = 0x54
_KIND_OF_SOCKET: Final = 0xF  # besides which there are flags
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
# Numbers of another way to call the system, which the filter would not know.
_OTHER_NUMBERS: Final = 0x40000000

#: By machine: what the kernel calls it, the number of seccomp, and those of what is refused.
_MACHINES: Final = {
    "x86_64": (
        0xC000003E,
        317,
        {"socket": 41, "connect": 42, "bind": 49, "listen": 50, "execve": 59, "kill": 62}
        | {"ptrace": 101, "tkill": 200, "process_vm_readv": 310, "process_vm_writev": 311}
        | {"execveat": 322, "pidfd_send_signal": 424, "io_uring_setup": 425, "pidfd_getfd": 438},
    ),
    "aarch64": (
        0xC00000B7,
        277,
        {"socket": 198, "connect": 203, "bind": 200, "listen": 201, "execve": 221, "kill": 129}
        | {"ptrace": 117, "tkill": 130, "process_vm_readv": 270, "process_vm_writev": 271}
        | {"execveat": 281, "pidfd_send_signal": 424, "io_uring_setup": 425, "pidfd_getfd": 438},
    ),
}

# What connects to others, and nothing more.
_NETWORK: Final = ("socket", "connect", "bind")

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION: Final = 1
_BENEATH: Final = 1
_WRITE_FILE: Final = 1 << 1
# Everything that changes a folder: remove, make (linux/landlock.h). Later versions know more.
_CHANGES: Final = sum(1 << bit for bit in range(4, 13))
_LATER_CHANGES: Final = ((2, 1 << 13), (3, 1 << 14))  # move between folders; truncate
_KNOWS_PORTS: Final = 4
_NET_PORT: Final = 2
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1


def bare_environment() -> dict[str, str]:
    """Return the environment of a process that reads foreign files: only what Python needs.

    Keys and passwords often stand in environment variables.
    """
    import site

    kept = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    # Packages installed for one user are found below the home, which is not told.
    return kept | {"PYTHONUSERBASE": site.getuserbase()}


def cut_off(*, network: bool = False, streams_only: bool = False) -> bool:
    """Take the network, other programs and other processes from this process, for good.

    All its threads are held to that. What it asks of the system fails with ``PermissionError``.

    Args:
        network: whether it keeps the network, as what reads a camera has to; nobody can connect to
            it even so.
        streams_only: whether that is TCP over IPv4 alone, as what asks a relay of this machine
            needs: UDP is sent without a connection, which ``connect_only_to`` would judge.

    Returns:
        whether the system can: Linux on a usual processor.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    name, seccomp, refused = machine
    kept = _NETWORK if network else ()
    streams = refused["socket"] if streams_only else None
    program = _filter(
        name, [number for call, number in refused.items() if call not in kept], streams
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    answer = libc.syscall(
        ctypes.c_long(seccomp),
        ctypes.c_ulong(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_ulong(_ALL_THREADS),
        ctypes.byref(program),
    )
    return bool(answer == 0)


class _Landlock:
    """What the system has of Landlock, which is called by the numbers of its calls.

    Attributes:
        version: of it; 0 where there is none.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
        asked = None, ctypes.c_size_t(0), ctypes.c_uint32(_LANDLOCK_VERSION)
        self.version = max(0, self.call(_LANDLOCK_CREATE, *asked))

    def call(self, number: int, *values: object) -> int:
        """Call the system; -1 is its no."""
        if self._libc is None:
            return -1
        return int(self._libc.syscall(ctypes.c_long(number), *values))

    def hold(self, ruleset: int) -> bool:
        """Let rules hold for this thread, for good."""
        if self._libc is not None:
            self._libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return self.call(_LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0


def write_only_in(folders: Sequence[Path]) -> bool:
    """Let this thread, and those it starts, change nothing but what is in ``folders``, for good.

    Returns:
        whether the system can: Linux since 5.13, with Landlock.
    """
    landlock = _Landlock()
    if landlock.version < 1:
        return False
    changes = _WRITE_FILE | _CHANGES
    changes |= sum(change for since, change in _LATER_CHANGES if landlock.version >= since)
    rules = _Rules(changes)
    size = ctypes.c_size_t(ctypes.sizeof(rules))
    ruleset = landlock.call(_LANDLOCK_CREATE, ctypes.byref(rules), size, ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for folder in [*folders, Path(os.devnull)]:
            allowed = changes if folder.is_dir() else _WRITE_FILE
            opened = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            try:
                beneath = _Beneath(allowed, opened)
                landlock.call(
                    _LANDLOCK_ADD,
                    ctypes.c_int(ruleset),
                    ctypes.c_int(_BENEATH),
                    ctypes.byref(beneath),
                    ctypes.c_uint32(0),
                )
            finally:
                os.close(opened)
        return landlock.hold(ruleset)
    finally:
        with suppress(OSError):
            os.close(ruleset)


def connect_only_to(port: int) -> bool:
    """Let this process connect by TCP to this port and no other, for good, whatever machine has it.

    Call it while there is one thread: it holds for this one and those that it starts.

    Returns:
        whether the system can: Linux since 6.7, with Landlock.
    """
    landlock = _Landlock()
    if landlock.version < _KNOWS_PORTS:
        return False
    rules = _NetworkRules(0, _BIND_TCP | _CONNECT_TCP)
    size = ctypes.c_size_t(ctypes.sizeof(rules))
    ruleset = landlock.call(_LANDLOCK_CREATE, ctypes.byref(rules), size, ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        allowed = _Port(_CONNECT_TCP, port)
        landlock.call(
            _LANDLOCK_ADD,
            ctypes.c_int(ruleset),
            ctypes.c_int(_NET_PORT),
            ctypes.byref(allowed),
            ctypes.c_uint32(0),
        )
        return landlock.hold(ruleset)
    finally:
        with suppress(OSError):
            os.close(ruleset)


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


class _Rules(ctypes.Structure):
    _fields_ = (("changes", ctypes.c_uint64),)


class _NetworkRules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _filter(machine: int, refused: Sequence[int], streams: int | None = None) -> _Program:
    """Return the filter: calls in ``refused``, and of other machines, fail; the others do not.

    Args:
        machine: what the kernel calls this one.
        refused: numbers of calls.
        streams: the number of ``socket``, where it may make nothing but what TCP over IPv4 needs.
    """
    count = len(refused)
    if streams is not None:
        return _program(_only_streams(machine, refused, streams))
    instructions = [
        _Instruction(_LOAD, 0, 0, _MACHINE_AT),
        _Instruction(_JUMP_EQUAL, 0, count + 3, machine),
        _Instruction(_LOAD, 0, 0, _NUMBER_AT),
        _Instruction(_JUMP_AT_LEAST, count + 1, 0, _OTHER_NUMBERS),
        *(
            _Instruction(_JUMP_EQUAL, count - place, 0, number)
            for place, number in enumerate(refused)
        ),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    return _program(instructions)


def _only_streams(machine: int, refused: Sequence[int], streams: int) -> list[_Instruction]:
    """Return the same filter, which looks at what ``socket`` is asked for as well."""
    count = len(refused)
    to_refusal = count + 7  # from the first line of the judging of calls
    return [
        _Instruction(_LOAD, 0, 0, _MACHINE_AT),
        _Instruction(_JUMP_EQUAL, 0, to_refusal + 2, machine),
        _Instruction(_LOAD, 0, 0, _NUMBER_AT),
        _Instruction(_JUMP_AT_LEAST, to_refusal, 0, _OTHER_NUMBERS),
        *(
            _Instruction(_JUMP_EQUAL, to_refusal - 1 - place, 0, number)
            for place, number in enumerate(refused)
        ),
        _Instruction(_JUMP_EQUAL, 0, 5, streams),
        _Instruction(_LOAD, 0, 0, _FIRST_AT),
        _Instruction(_JUMP_EQUAL, 0, 4, socket.AF_INET),
        _Instruction(_LOAD, 0, 0, _SECOND_AT),
        _Instruction(_AND, 0, 0, _KIND_OF_SOCKET),
        _Instruction(_JUMP_EQUAL, 0, 1, socket.SOCK_STREAM),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]


def _program(instructions: Sequence[_Instruction]) -> _Program:
    array = (_Instruction * len(instructions))(*instructions)
    return _Program(len(instructions), ctypes.cast(array, ctypes.POINTER(_Instruction)))
