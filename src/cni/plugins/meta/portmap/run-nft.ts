import { CNI_ERROR, CniError } from "../../../errors.ts";

/** Gives a ruleset to the nft command: for conditions of the configuration, in nft's language. */
export function runNft(env: Readonly<Record<string, string | undefined>>, ruleset: string): void {
  const PATH = `${env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;
  const path = Bun.which("nft", { PATH });
  if (path === null) {
    throw new CniError(CNI_ERROR.ioFailure, "Cannot run nft: it is not installed", {
      fix: "Install the package nftables: conditionsV4 and conditionsV6 need its command",
    });
  }
  const child = Bun.spawnSync([path, "-f", "-"], {
    env: { PATH, LC_ALL: "C" },
    stdin: new TextEncoder().encode(ruleset),
  });
  if (child.exitCode === 0) return;
  const said = child.stderr.toString().trim();
  throw new CniError(
    CNI_ERROR.ioFailure,
    `Cannot add rules with nft: ${said.split("\n")[0] ?? ""}`,
    {
      details: `${said}\n${ruleset}`,
    },
  );
}
