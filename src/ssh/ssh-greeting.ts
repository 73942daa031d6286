/** Encodings in which the executable can travel; each can be gone on with. */
export const EXECUTABLE_ENCODINGS = ["zstd", "identity", "gzip"] as const;

export type ExecutableEncoding = (typeof EXECUTABLE_ENCODINGS)[number];

/** What the machine said of itself before anything was sent to it. */
export interface SshGreeting {
  /** As `uname -m` prints it: `x86_64`, `aarch64`. */
  readonly machine: string;
  readonly hasExecutable: boolean;
  /** What the machine can decode, and how much of each form an earlier attempt has brought. */
  readonly offers: ReadonlyMap<ExecutableEncoding, number>;
  /** The SHA-256 of executables of other versions that are there, as what a patch can begin from. */
  readonly bases: readonly string[];
}

/** Reads the words of the greeting: `have` where the executable is there, the architecture, `ENCODING=BYTES`. */
export function parseGreeting([
  state,
  machine = "unknown",
  ...words
]: readonly string[]): SshGreeting {
  const offers = new Map<ExecutableEncoding, number>();
  const bases: string[] = [];
  for (const word of words) {
    const [name, bytes] = word.split("=");
    const encoding = EXECUTABLE_ENCODINGS.find((known) => known === name);
    if (encoding !== undefined) offers.set(encoding, Number(bytes) || 0);
    if (name === "base" && /^[0-9a-f]{64}$/.test(bytes ?? "")) bases.push(bytes ?? "");
  }
  return { machine, hasExecutable: state === "have", offers, bases };
}
