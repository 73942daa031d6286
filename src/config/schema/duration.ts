const NANO = 10n ** 9n;

const UNIT_NS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1000n],
  ["\u00b5s", 1000n],
  ["\u03bcs", 1000n],
  ["ms", 1_000_000n],
  ["s", NANO],
  ["m", 60n * NANO],
  ["h", 3600n * NANO],
]);
const DURATION_PART = /(\d*)(?:\.(\d*))?([a-z\u00b5\u03bc]+)/y;
const INT64 = 2n ** 63n;

/** Nanoseconds of a Go duration such as `1h30m`, exactly; undefined where it is none, or too long. */
export function parseDurationNs(text: string): bigint | undefined {
  const unsigned = text.replace(/^[+-]/, "");
  if (unsigned === "0") return 0n;
  let total = 0n;
  DURATION_PART.lastIndex = 0;
  for (let at = 0; at < unsigned.length; at = DURATION_PART.lastIndex) {
    const match = DURATION_PART.exec(unsigned);
    const [, whole = "", fraction = "", unit = ""] = match ?? [];
    const scale = UNIT_NS.get(unit);
    if (match === null || scale === undefined || whole + fraction === "") return undefined;
    total += (BigInt(whole + fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  if (unsigned === "" || total >= INT64) return undefined;
  return text.startsWith("-") ? -total : total;
}
