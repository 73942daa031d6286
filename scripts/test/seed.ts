/**
 * The seed by which a run chooses its samples: NODEWRIGHT_TEST_SEED, else the first digits of the
 * commit, so that every run of a commit tries the same and every commit tries something else.
 */
export function testSeed(env: Readonly<Record<string, string | undefined>>): number {
  const asked = env["NODEWRIGHT_TEST_SEED"];
  if (asked !== undefined && asked !== "") {
    const seed = Number(asked);
    if (Number.isSafeInteger(seed) && seed >= 0) return seed;
    throw new RangeError(`Invalid NODEWRIGHT_TEST_SEED: "${asked}" is not a whole number`);
  }
  const commit = Bun.spawnSync(["git", "rev-parse", "HEAD"], { stderr: "ignore" });
  const digits = /^[0-9a-f]{8}/.exec(commit.stdout.toString())?.[0];
  // An unpacked archive has no commit.
  return digits === undefined ? 1 : Number.parseInt(digits, 16);
}
