"""Runs a program as a container runtime does: with another root, as the image's user, with no capability.

usage: inside.py ROOT PROGRAM [ARGUMENT...]
"""

import ctypes
import os
import sys

PR_SET_NO_NEW_PRIVS = 38
USER = 65532

root, program = sys.argv[1:3]
os.chroot(root)
os.chdir("/")
os.setgroups([])
os.setgid(USER)
os.setuid(USER)  # and with it all capabilities are gone
ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
os.execve(program, [program, *sys.argv[3:]], {"PATH": "/usr/bin"})
