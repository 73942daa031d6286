import { ptr } from "bun:ffi";
import { IFF_TUN, O, TUN } from "./constants.ts";
import { Fd } from "./fd.ts";
import { cString, moreOfLibc, syscall } from "./libc.ts";

/** A tap device to make. */
export interface TapSpec {
  /** 1 to 15 bytes. */
  readonly name: string;
  /** As many programs as it has queues can hold it open, one each. */
  readonly multiQueue?: boolean;
  /** Who may open it beside root: a user's number. */
  readonly owner?: number;
  /** Likewise, a group's number. */
  readonly group?: number;
}

/** The device by which tap devices are made: opening it says whether the kernel has them. */
export const TUN_DEVICE = "/dev/net/tun";

/** struct ifreq: the name, 16 bytes with its NUL, and a union of 24. */
const IFREQ_BYTES = 40;
const IFNAMSIZ = 16;

/**
 * Makes a tap device that stays, as `ip tuntap add mode tap`, in the present network namespace. It
 * is there as a whole or not at all: until the last step it goes with this program. EBUSY where
 * the name is taken.
 */
export function createTap({ name, multiQueue, owner, group }: TapSpec): void {
  using fd = Fd.open(TUN_DEVICE, O.RDWR);
  const action = `Cannot create the tap device "${name}"`;
  const call = (request: number, argument: number): number =>
    syscall("ioctl", action, () =>
      moreOfLibc().ioctl(fd.number, BigInt(request), BigInt(argument)),
    );
  const ifreq = encodeIfreq(name, multiQueue === true);
  call(TUN.SETIFF, ptr(ifreq));
  if (owner !== undefined) call(TUN.SETOWNER, owner);
  if (group !== undefined) call(TUN.SETGROUP, group);
  call(TUN.SETPERSIST, 1);
}

function encodeIfreq(name: string, isMultiQueue: boolean): Uint8Array {
  const text = cString(name);
  if (name === "" || text.length > IFNAMSIZ) throw new TypeError(`Not a link's name: "${name}"`);
  const ifreq = new Uint8Array(IFREQ_BYTES);
  ifreq.set(text);
  // Who opens it says anew whether its frames have headers; only the queues must agree.
  const flags = IFF_TUN.TAP | IFF_TUN.NO_PI | IFF_TUN.VNET_HDR | IFF_TUN.EXCL;
  const queues = isMultiQueue ? IFF_TUN.MULTI_QUEUE : 0;
  new DataView(ifreq.buffer).setUint16(IFNAMSIZ, flags | queues, true);
  return ifreq;
}
