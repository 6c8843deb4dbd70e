"""Windows' way to know a program with all that it has started: a job object.

What a process of a job starts belongs to the job as well, also when its parent has ended, and one
call ends all of them. (Microsoft, "Job Objects"; jobs within jobs came with Windows 8.) Elsewhere
nothing of this is used: see `processes`.
"""

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _CREATE_SUSPENDED = 0x4
    _PROCESS_IDS = 3  # JobObjectBasicProcessIdList
    _MORE_DATA = 234  # ERROR_MORE_DATA: there are more of them than we have space for
    _MOST_AT_FIRST = 64

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.CreateJobObjectW.restype = wintypes.HANDLE
    _kernel.AssignProcessToJobObject.argtypes = [wintypes.HANDLE, wintypes.HANDLE]
    _kernel.TerminateJobObject.argtypes = [wintypes.HANDLE, wintypes.UINT]
    _kernel.CloseHandle.argtypes = [wintypes.HANDLE]
    _kernel.QueryInformationJobObject.argtypes = [
        *(wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD, ctypes.c_void_p)
    ]
    _system = ctypes.WinDLL("ntdll")
    _system.NtResumeProcess.argtypes = [wintypes.HANDLE]

    _jobs: dict[str, int] = {}  # the handle of each job that was begun and not ended

    def start(name: str, words: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """As Popen(); the process belongs to the job `name` before it does anything."""
        job = _jobs.setdefault(name, 0) or _kernel.CreateJobObjectW(None, None)
        if not job:
            raise ctypes.WinError(ctypes.get_last_error())
        _jobs[name] = job
        process = subprocess.Popen(words, creationflags=_CREATE_SUSPENDED, **options)
        handle = int(process._handle)  # type: ignore[attr-defined]
        if not _kernel.AssignProcessToJobObject(job, handle):
            error = ctypes.WinError(ctypes.get_last_error())
            process.kill()
            raise error
        _system.NtResumeProcess(handle)
        return process

    def members(name: str) -> list[int]:
        """The numbers of the processes of a job that still run."""
        job = _jobs.get(name)
        space = _MOST_AT_FIRST
        while job:

            class ProcessIds(ctypes.Structure):
                """JOBOBJECT_BASIC_PROCESS_ID_LIST."""

                _fields_ = (
                    ("assigned", wintypes.DWORD),
                    ("listed", wintypes.DWORD),
                    ("ids", ctypes.c_size_t * space),
                )

            found = ProcessIds()
            size = ctypes.sizeof(found)
            if _kernel.QueryInformationJobObject(
                job, _PROCESS_IDS, ctypes.byref(found), size, None
            ):
                return list(found.ids[: found.listed])
            if ctypes.get_last_error() != _MORE_DATA:
                break
            space *= 4
        return []

    def end(name: str) -> None:
        """End all processes of a job, and forget it."""
        if job := _jobs.pop(name, None):
            _kernel.TerminateJobObject(job, 1)
            _kernel.CloseHandle(job)
