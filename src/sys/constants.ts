/**
 * Numbers of the Linux system call interface that src/sys uses. They are the same on x86-64 and
 * arm64, the two machines that Bun runs on.
 */

/** uapi linux/socket.h: address families. */
export const AF = {
  ...{ UNSPEC: 0, UNIX: 1, INET: 2, INET6: 10, NETLINK: 16, PACKET: 17, BRIDGE: 7 },
} as const;

/** linux/net.h: socket types and the flags that go with them. */
export const SOCK = {
  DGRAM: 2,
  RAW: 3,
  SEQPACKET: 5,
  NONBLOCK: 0o4000,
  CLOEXEC: 0o2000000,
} as const;

/** uapi linux/if_ether.h: protocols of a packet socket. */
export const ETH_P = { IP: 0x0800 } as const;

/** asm-generic/socket.h: options of level SOL_SOCKET. */
export const SOL_SOCKET = 1;
export const SO = {
  REUSEADDR: 2,
  SNDBUF: 7,
  RCVBUF: 8,
  RCVTIMEO: 20,
  BINDTODEVICE: 25,
  PEERCRED: 17,
  SNDBUFFORCE: 32,
  ATTACH_FILTER: 26,
  RCVBUFFORCE: 33,
  PEERPIDFD: 77,
} as const;

/** linux/socket.h: flags of send(2) and recv(2). */
export const MSG = {
  PEEK: 0x2,
  CTRUNC: 0x8,
  TRUNC: 0x20,
  DONTWAIT: 0x40,
  NOSIGNAL: 0x4000,
  CMSG_CLOEXEC: 0x40000000,
} as const;
export const SCM_RIGHTS = 1;

/** uapi linux/netlink.h: socket options of level SOL_NETLINK. */
export const SOL_NETLINK = 270;
export const NETLINK_OPTION = {
  ADD_MEMBERSHIP: 1,
  CAP_ACK: 10,
  EXT_ACK: 11,
  GET_STRICT_CHK: 12,
} as const;

/** uapi linux/sched.h: kinds of namespaces for setns(2) and unshare(2). */
export const CLONE = {
  NEWNS: 0x00020000,
  NEWCGROUP: 0x02000000,
  NEWUTS: 0x04000000,
  NEWIPC: 0x08000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
} as const;

/** uapi linux/mount.h: flags of mount(2). */
export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  REMOUNT: 32,
  BIND: 4096,
  REC: 16384,
  PRIVATE: 1 << 18,
  SLAVE: 1 << 19,
  SHARED: 1 << 20,
} as const;

/** linux/fs.h: flags of umount2(2). */
export const MNT = { DETACH: 2 } as const;

/** asm-generic/fcntl.h: operations of flock(2). */
export const LOCK = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;

/** uapi asm-generic/fcntl.h: flags of open(2), those that x86-64 and arm64 have in common. */
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0o100,
  EXCL: 0o200,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
} as const;

/** uapi linux/stat.h: permission bits. */
export const MODE = { STICKY: 0o1000, GROUP_WRITE: 0o020, OTHERS_WRITE: 0o002 } as const;

/** uapi linux/fcntl.h and linux/stat.h: what statx(2) takes and gives. */
export const AT = { FDCWD: -100 } as const;
export const STATX = { BASIC_STATS: 0x7ff } as const;
export const S_IF = { MT: 0o170000, DIR: 0o040000, REG: 0o100000 } as const;

/** asm-generic/poll.h: events of poll(2). */
export const POLL = { IN: 1, HUP: 0x10, RDHUP: 0x2000 } as const;

/** uapi linux/eventpoll.h: operations and events. */
export const EPOLL = {
  CTL_ADD: 1,
  CLOEXEC: 0o2000000,
  IN: 1,
  HUP: 0x10,
  EXCLUSIVE: 1 << 28,
} as const;

/** uapi asm-generic/fcntl.h: commands of fcntl(2), and the flag that has the kernel send signals. */
export const F = { GETFL: 3, SETFL: 4, SETOWN: 8, SETSIG: 10 } as const;
export const O_ASYNC = 0o20000;

/** uapi linux/time.h */
export const CLOCK = { BOOTTIME: 7 } as const;

/** uapi linux/if_tun.h: requests of ioctl(2) on /dev/net/tun, and the flags of SETIFF. */
export const TUN = {
  SETIFF: 0x400454ca,
  SETPERSIST: 0x400454cb,
  SETOWNER: 0x400454cc,
  SETGROUP: 0x400454ce,
} as const;
export const IFF_TUN = {
  TAP: 0x0002,
  MULTI_QUEUE: 0x0100,
  NO_PI: 0x1000,
  VNET_HDR: 0x4000,
  /** Refuses a name that is taken: without, a persistent device of that name is opened. */
  EXCL: 0x8000,
} as const;

/** uapi linux/prctl.h */
export const PR = { SET_PDEATHSIG: 1, GET_SECCOMP: 21 } as const;

/** asm-generic/signal.h: the signals that nodewright sends. */
export const SIGNAL = { HUP: 1, INT: 2, KILL: 9, TERM: 15, STOP: 19, CONT: 18 } as const;
export type SignalName = keyof typeof SIGNAL;

/** asm-generic/errno-base.h and errno.h: those that code distinguishes. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENOSPC: 28,
  EROFS: 30,
  ERANGE: 34,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EMSGSIZE: 90,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EBADMSG: 74,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ENOBUFS: 105,
  EHOSTUNREACH: 113,
} as const;
