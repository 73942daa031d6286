const SUFFIXES: ReadonlyMap<string, readonly [base: bigint, exponent: number]> = new Map([
  ["", [10n, 0]],
  ["n", [10n, -9]],
  ["u", [10n, -6]],
  ["m", [10n, -3]],
  ["k", [10n, 3]],
  ["M", [10n, 6]],
  ["G", [10n, 9]],
  ["T", [10n, 12]],
  ["P", [10n, 15]],
  ["E", [10n, 18]],
  ["Ki", [2n, 10]],
  ["Mi", [2n, 20]],
  ["Gi", [2n, 30]],
  ["Ti", [2n, 40]],
  ["Pi", [2n, 50]],
  ["Ei", [2n, 60]],
]);
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?$/;
const NANO = 10n ** 9n;

/**
 * A resource quantity in billionths of its unit, exactly; undefined where it is none. What is finer
 * than a billionth is rounded away from zero, as Kubernetes does: "0.5" is 500000000n.
 */
export function parseQuantityNano(text: string): bigint | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", suffix = ""] = match;
  if (whole + fraction === "") return undefined;
  const [base, exponent] = /^[eE][+-]?\d/.test(suffix)
    ? ([10n, Number(suffix.slice(1))] as const)
    : (SUFFIXES.get(suffix) ?? [10n, 0]);
  let numerator = BigInt(whole + fraction) * NANO;
  let denominator = 10n ** BigInt(fraction.length);
  if (exponent >= 0) numerator *= base ** BigInt(exponent);
  else denominator *= base ** BigInt(-exponent);
  const value = (numerator + denominator - 1n) / denominator;
  return sign === "-" ? -value : value;
}

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
