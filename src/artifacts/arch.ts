/** A processor architecture by its Go and Kubernetes name. */
export type Arch = "amd64" | "arm" | "arm64" | "ppc64le" | "riscv64" | "s390x";

interface ArchFacts {
  /** Debian's name of it. */
  readonly debian: string;
  /** `e_machine` of its ELF files, <elf.h>. */
  readonly elfMachine: number;
  readonly elfClass: 32 | 64;
  readonly elfEndian: "little" | "big";
  /** What `uname -m` says. */
  readonly uname: string;
}

/** Every architecture that upstream publishes worker binaries for. */
export const ARCHES: Readonly<Record<Arch, ArchFacts>> = {
  amd64: {
    debian: "amd64",
    elfMachine: 62,
    elfClass: 64,
    elfEndian: "little",
    uname: "x86_64",
  },
  arm: { debian: "armhf", elfMachine: 40, elfClass: 32, elfEndian: "little", uname: "armv7l" },
  arm64: {
    debian: "arm64",
    elfMachine: 183,
    elfClass: 64,
    elfEndian: "little",
    uname: "aarch64",
  },
  ppc64le: {
    debian: "ppc64el",
    elfMachine: 21,
    elfClass: 64,
    elfEndian: "little",
    uname: "ppc64le",
  },
  riscv64: {
    debian: "riscv64",
    elfMachine: 243,
    elfClass: 64,
    elfEndian: "little",
    uname: "riscv64",
  },
  s390x: { debian: "s390x", elfMachine: 22, elfClass: 64, elfEndian: "big", uname: "s390x" },
};

/** True for the name of an architecture that we know. */
export function isArch(word: string): word is Arch {
  return Object.hasOwn(ARCHES, word);
}

/** The architecture of a `uname -m` word (`x86_64`, `aarch64`) or of a Node.js `process.arch`; undefined where unknown. */
export function parseArch(word: string): Arch | undefined {
  if (isArch(word)) return word;
  if (word === "x64") return "amd64";
  if (/^armv[78]l$/.test(word)) return "arm";
  for (const arch of Object.keys(ARCHES)) {
    if (isArch(arch) && ARCHES[arch].uname === word) return arch;
  }
  return undefined;
}

/** The name of an ELF machine for messages: `arm64`, or `machine 8` where it is none of ours. */
export function nameOfElf(machine: number, elfClass: 32 | 64, endian: "little" | "big"): string {
  for (const arch of Object.keys(ARCHES)) {
    if (!isArch(arch)) continue;
    const facts = ARCHES[arch];
    if (facts.elfMachine === machine && facts.elfClass === elfClass && facts.elfEndian === endian) {
      return arch;
    }
  }
  if (machine === 3) return "386";
  return `machine ${machine} (${elfClass} bit, ${endian} endian)`;
}

/** The architecture in an upstream file's name: `-linux-arm64-`, `runc.arm64`. */
export function archOfName(name: string): Arch | undefined {
  const word = /(?:-linux-|^runc\.)([a-z0-9]+)/.exec(name)?.[1];
  return word !== undefined && isArch(word) ? word : undefined;
}
