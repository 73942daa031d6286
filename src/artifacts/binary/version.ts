/** Text forms of a version: digits with dots, and what distributions and pre-releases hang on. */
const VERSION = String.raw`v?\d+\.\d+(?:\.\d+)?(?:[-+~.][0-9A-Za-z.~+-]+)?`;

/** Without the leading "v" and without what a dirty work tree adds. */
export function normalizeVersion(version: string): string {
  return version.replace(/^v/, "").replace(/\+(?:dirty|incompatible)$/, "");
}

/**
 * The version in the Go module information: what the linker was told to write into a variable
 * named like a version, else the main module's own version where it is a real one.
 */
export function versionOfModInfo(modInfo: string): string | undefined {
  for (const line of modInfo.split("\n")) {
    if (!line.startsWith("build\t-ldflags=")) continue;
    const pattern = new RegExp(
      String.raw`[./](?:git|build)?version=(${VERSION})(?=["'\s\\]|$)`,
      "i",
    );
    const stamped = pattern.exec(line)?.[1];
    if (stamped !== undefined) return normalizeVersion(stamped);
  }
  const main = /^mod\t[^\t]*\t([^\t\n]*)/m.exec(modInfo)?.[1];
  // "(devel)" and pseudo-versions name a commit, not a release.
  if (main === undefined || !new RegExp(`^${VERSION}$`).test(main)) return undefined;
  return /^v0\.0\.0-\d{14}-|-0\.\d{14}-/.test(main) ? undefined : normalizeVersion(main);
}

/** The import path of a Go program's main package; undefined where the text has none. */
export function mainPackage(modInfo: string): string | undefined {
  return /^path\t(.*)$/m.exec(modInfo)?.[1];
}

/** The version in what a program prints about itself: `Kubernetes v1.36.0`, `runc version 1.3.0`. */
export function versionOfOutput(output: string): string | undefined {
  const line = output.split("\n").find((candidate) => /version|v?\d+\.\d+\.\d+/i.test(candidate));
  const plugin = /^CNI .* plugin (\S+)/m.exec(output)?.[1];
  const text = plugin ?? line ?? "";
  const found = new RegExp(`(?<![\\w.])${VERSION}`).exec(text)?.[0];
  return found === undefined ? undefined : normalizeVersion(found);
}

/** The version in the name of an upstream file or its URL: `crictl-v1.32.0-linux-amd64.tar.gz`, `/release/v1.36.0/bin/`. */
export function versionOfName(urlOrName: string): string | undefined {
  const found = /(?<![\w.])v?(\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)\.\d+)?)(?![\w]|\.\d)/.exec(
    urlOrName,
  );
  return found?.[1];
}

/** The upstream part of a Debian package version: without epoch and revision. */
export function versionOfPackage(version: string): string {
  return version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
}
