import { ERRNO, fileStatus, listDirectory, SyscallError } from "../../../../sys/mod.ts";

/** Drivers that hand a PCI device to a program, which then has it instead of the kernel (DPDK). */
const USERSPACE_DRIVERS = ["vfio-pci", "uio_pci_generic", "igb_uio"];

/** What the kernel shows of devices and their links; `root` is `/sys`. */
export class Sysfs {
  readonly #root: string;

  constructor(root = "/sys") {
    this.#root = root;
  }

  isPciDevice(id: string): boolean {
    return fileStatus(`${this.#root}/bus/pci/devices/${id}`) !== undefined;
  }

  /** True where a program has the device and the kernel has no link for it. */
  isDrivenByUserspace(id: string): boolean {
    return USERSPACE_DRIVERS.some(
      (driver) => fileStatus(`${this.#root}/bus/pci/drivers/${driver}/${id}`) !== undefined,
    );
  }

  /** The names of a PCI device's links on this host; those of virtio are one level deeper. */
  linksOfPciDevice(id: string): readonly string[] {
    const path = `${this.#root}/bus/pci/devices/${id}`;
    const direct = this.linksOf(path);
    if (direct.length > 0) return direct;
    const virtio = list(path).filter((name) => name.startsWith("virtio"));
    return virtio.flatMap((name) => this.linksOf(`${path}/${name}`));
  }

  linksOfAuxiliaryDevice(id: string): readonly string[] {
    return this.linksOf(`${this.#root}/bus/auxiliary/devices/${id}`);
  }

  /** The names of the links of the device at a path; none where there is no device. */
  linksOf(path: string): readonly string[] {
    return list(`${path}/net`).sort();
  }
}

function list(path: string): string[] {
  try {
    return listDirectory(path);
  } catch (thrown) {
    if (!(thrown instanceof SyscallError)) throw thrown;
    if (thrown.errno === ERRNO.ENOENT || thrown.errno === ERRNO.ENOTDIR) return [];
    throw thrown;
  }
}
